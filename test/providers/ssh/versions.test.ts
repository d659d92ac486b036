import { afterAll, describe } from 'vitest'
import { startSshd } from '../../../local/servers/sshd.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { sshKey } from '../../functions/ssh/secret-types.ts'
import { isRoot } from '../hosts.ts'

/** OpenSSH 8.4, 10.0 and the newest, by the Debian that has it. npm test has 9.2. */
const suites = ['bullseye', 'trixie', 'sid']

describe.skipIf(!isRoot)('other versions of OpenSSH', async () => {
  if (!isRoot) return
  for (const suite of suites) {
    const host = await startSshd({ suite })
    afterAll(() => host[Symbol.asyncDispose]())
    await secretTypeContract(sshKey([host], `ssh key on OpenSSH ${host.version}`), async () => host.log())
  }
})

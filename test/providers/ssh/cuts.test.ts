import { afterAll, describe, expect, it } from 'vitest'
import { startSshd } from '../../../local/servers/sshd.ts'
import { suiteFor } from '../../contract/suite.ts'
import { sshKey, sshTarget } from '../../functions/ssh/secret-types.ts'
import { fourSteps } from '../../support/secrets-manager.ts'
import { readKeys, writeKeys } from '../../support/ssh.ts'
import { doorTo } from '../../support/ssh-door.ts'

const host = await startSshd()
const door = await doorTo(host.port)
const type = sshKey([host])
const suite = await suiteFor(type)
afterAll(async () => {
  await suite.secrets[Symbol.asyncDispose]()
  await door[Symbol.asyncDispose]()
  await host[Symbol.asyncDispose]()
})

describe('a connection that is cut', { meta: { server: type.server } }, () => {
  // A login takes about 2 kB, and the whole of setSecret about 8.
  it.each([300, 1_500, 2_200, 2_600, 3_000, 3_400, 3_800, 4_200, 4_600, 5_000, 5_600, 6_200, 7_000])(
    'after %i bytes: the file is the old one or the new one, and the next attempt ends the rotation',
    async (bytes) => {
      await writeKeys(host, `${'# somebody else\n'.repeat(20)}`)
      const target = await suite.stored(() => sshTarget([host], { hosts: [{ port: door.port }] }))
      const before = await readKeys(host)
      const rotation = await suite.secrets.begin(target.secretId)
      await rotation.run('createSecret')
      door.cutAfter(bytes)
      const outcome = await rotation.attempt('setSecret')
      door.cutAfter(undefined)
      if (!outcome.ok) expect(['NoAnswer', 'HostBusy']).toContain(outcome.error.errorType)
      const text = await readKeys(host)
      if (text !== before) expect(text.replace(/^.*keyturn:.*\n/m, '')).toBe(before)
      expect(await target.works(target.value)).toBe(true)
      await rotation.run(...fourSteps)
      await target.expectPromoted(rotation, target.value)
    },
  )
})

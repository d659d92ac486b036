import { afterAll } from 'vitest'
import { startSshd } from '../../../local/servers/sshd.ts'
import { callCases } from '../../contract/call-cases.ts'
import { rotationCalls } from '../../contract/calls.ts'
import { secretTypeContract } from '../../contract/secret-type.ts'
import { sshKey } from './secret-types.ts'

// Fleets have a file of their own.
const hosts = [await startSshd()]
await secretTypeContract(
  sshKey(hosts),
  async () => hosts.map((host) => host.log()).join('\n'),
  (suite) => callCases(suite, rotationCalls.SshKey.usual),
)
afterAll(() => Promise.all(hosts.map((host) => host[Symbol.asyncDispose]())))

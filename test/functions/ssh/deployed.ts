import { startSshd } from '../../../local/servers/sshd.ts'
import { sshKey, sshTargetWithAdmin } from './secret-types.ts'

const hosts = [await startSshd()]

/** One for each function: what it rotates when it is deployed. */
export const deployed = [
  {
    ...sshKey(hosts),
    fresh: (secrets: Parameters<typeof sshTargetWithAdmin>[1]) => sshTargetWithAdmin(hosts, secrets),
  },
]

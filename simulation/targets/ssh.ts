import { rotate } from '../../shared/rotation/rotate.ts'
import { type SshDefects, sshKey } from '../drafts/ssh-key.ts'
import { type Hosts, hosts } from './hosts.ts'
import type { SimulatedType } from './simulated-type.ts'

export function simulatedSsh(defects: SshDefects = {}): SimulatedType {
  return {
    name: 'ssh-key',
    real: 'protocol; the secret type is a draft',
    below: 'SFTP: reading, writing beside, renaming',
    overlap: true,
    target: () => hosts(2, 'the first key'),
    value: () => JSON.stringify({ private_key: 'the first key' }),
    rotate: (event, around, world, outside) => rotate(sshKey(world.target as Hosts, outside, defects), event, around),
  }
}

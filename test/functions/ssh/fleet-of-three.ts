import { UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll } from 'vitest'
import { type SshHost, startSshd } from '../../../local/servers/sshd.ts'
import { type StoredTarget, type Suite, suiteFor } from '../../contract/suite.ts'
import { writeKeys } from '../../support/ssh.ts'
import { type Door, doorTo } from '../../support/ssh-door.ts'
import { type Ended, rotated } from './rotation.ts'
import { type SshWish, sshKey, sshTarget } from './secret-types.ts'

type Three<T> = readonly [T, T, T]

/** Three hosts, each of which can be out of reach. They end when the file does. */
export interface FleetOfThree extends Pick<Suite, 'type' | 'secrets'> {
  readonly suite: Suite
  readonly hosts: Three<SshHost>
  readonly doors: Three<Door>
  /** A target on the three, which nobody else has keys on; the last one is reached through its door. */
  fleet(wish?: SshWish): Promise<StoredTarget>
  outcomeOf(secretId: string): Promise<Ended>
}

export async function fleetOfThree(): Promise<FleetOfThree> {
  const hosts = await Promise.all([startSshd(), startSshd(), startSshd()])
  const [first, second, third] = hosts
  const doors = [await doorTo(first.port), await doorTo(second.port), await doorTo(third.port)] as const
  const suite = await suiteFor(sshKey(hosts))
  const { type, secrets } = suite
  afterAll(async () => {
    await secrets[Symbol.asyncDispose]()
    await Promise.all(doors.map((each) => each[Symbol.asyncDispose]()))
    await Promise.all(hosts.map((host) => host[Symbol.asyncDispose]()))
  })
  return {
    suite,
    type,
    secrets,
    hosts,
    doors,
    async fleet(wish = {}) {
      for (const host of hosts) await writeKeys(host, '')
      const at = [{}, {}, { port: doors[2].port }]
      return suite.stored(() => sshTarget(hosts, { hosts: at, ...wish }))
    },
    outcomeOf: (secretId) => rotated(secrets, secretId),
  }
}

/** As an operator drops a rotation. */
export function dropped(SecretId: string, RemoveFromVersionId: string) {
  return new UpdateSecretVersionStageCommand({ SecretId, RemoveFromVersionId, VersionStage: 'AWSPENDING' })
}

import { randomUUID } from 'node:crypto'
import type { Step } from '../../shared/rotation/event.ts'
import { breathed, settled } from '../../simulation/explore/settled.ts'
import { type Run, startRun } from '../../simulation/world/run.ts'
import { functionArn } from '../../simulation/world/secrets.ts'
import type { SimulatedType } from '../../simulation/world/simulated-type.ts'
import { newWorld, rotateSecret, valueWith, type World, write } from '../../simulation/world/world.ts'
import type { SecretTypeUnderTest, Target } from '../contract/secret-type.ts'
import { type Suite, storedTarget } from '../contract/suite.ts'
import { fourSteps, type Label, type RotationByHand, type SecretsManager } from '../support/secrets-manager.ts'

/** What the contract asks of a Secrets Manager, with worlds of the simulation behind it: one for each secret. */
export function modelSuite(type: SimulatedType, about: Pick<SecretTypeUnderTest, 'oldValue' | 'title'>): Suite {
  const worlds = new Map<string, World>()
  const seen = new Set<string>()
  const worldOf = (secretId: string) => {
    const world = worlds.get(secretId)
    if (world === undefined) throw new Error(`There is no ${secretId}.`)
    return world
  }
  const secrets = {
    async store() {
      throw new Error('A model has its secret already.')
    },
    value: async (secretId: string, label: Label) => valueWith(worldOf(secretId), label),
    async storedValue(secretId: string, label: Label) {
      const value = valueWith(worldOf(secretId), label)
      if (value === undefined) throw new Error(`${secretId} has no value with ${label}.`)
      return value
    },
    async labels(secretId: string) {
      const versions = [...worldOf(secretId).secret.versions.values()].filter(({ stages }) => stages.size > 0)
      return Object.fromEntries(versions.map(({ id, stages }) => [id, [...stages].sort()]))
    },
    async rotate(secretId: string) {
      await byHand(type, worldOf(secretId)).run(...fourSteps)
    },
    async testOnly(secretId: string) {
      await rehearse(type, worldOf(secretId))
    },
    begin: async (secretId: string) => byHand(type, worldOf(secretId)),
    async storePending({ secretId, token }: RotationByHand, SecretString: string) {
      const world = worldOf(secretId)
      const pending = { SecretId: secretId, ClientRequestToken: token, SecretString, VersionStages: ['AWSPENDING'] }
      write(world, () => world.secrets.call('PutSecretValue', pending))
    },
  }
  return {
    // The cases ask for nothing else.
    secrets: secrets as unknown as SecretsManager,
    type: { ...about, sequences: 30 } as SecretTypeUnderTest,
    async stored() {
      const world = newWorld(type.target(), type.value, type.superuser ?? 'none')
      worlds.set(world.secret.arn, world)
      const known = { ...secrets, store: async () => world.secret.arn } as unknown as SecretsManager
      return storedTarget({ ...about } as SecretTypeUnderTest, known, targetOf(world), seen)
    },
    async expectNoLeak() {},
  }
}

function targetOf(world: World): Target {
  const value = valueWith(world, 'AWSCURRENT') ?? ''
  return {
    value,
    async works(text) {
      // A client that uses a value all the time must let others run, too.
      await breathed()
      return world.target.works(text)
    },
    snapshot: async () => world.target.state(),
    sensitive: (text) => {
      const fields = JSON.parse(text) as Record<string, string | undefined>
      const { password, private_key: privateKey, secret_key: half, api_key: key, refresh_token: token } = fields
      return [password ?? privateKey ?? half ?? key ?? token ?? '']
    },
    others: [],
    logins: [],
  }
}

/** Runs until the run has ended, also beside another one. */
async function ended(run: Run): Promise<Run> {
  for (let count = 0; run.state === 'running' && count < 1_000; count++) await settled()
  return run
}

function byHand(type: SimulatedType, world: World): RotationByHand {
  const token = rotateSecret(world)
  if (token === undefined) throw new Error('The rotation did not start.')
  const secretId = world.secret.arn
  const attempt = async (step: Step) => {
    const { state, error } = await ended(startRun(world, type, { label: randomUUID(), step, token }, true))
    if (state === 'succeeded') return { ok: true as const, logs: '' }
    return { ok: false as const, logs: '', error: { errorType: 'failed', errorMessage: String(error), trace: [] } }
  }
  return {
    secretId,
    token,
    rotationToken: '',
    attempt,
    async end() {},
    async run(...steps) {
      for (const step of steps) {
        const outcome = await attempt(step)
        if (!outcome.ok) throw new Error(`${step} failed: ${outcome.error.errorMessage}`)
      }
    },
  }
}

/** RotateImmediately=false: testSecret alone, on a copy of the value in use. */
async function rehearse(type: SimulatedType, world: World): Promise<void> {
  const { secrets, secret } = world
  const [SecretId, token] = [secret.arn, randomUUID()]
  const input = { SecretId, ClientRequestToken: token, RotationLambdaARN: functionArn, RotateImmediately: false }
  write(world, () => secrets.call('RotateSecret', input))
  const { state, error } = await ended(startRun(world, type, { label: 'test', step: 'testSecret', token }, true))
  write(world, () =>
    secrets.call('UpdateSecretVersionStage', { SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: token }),
  )
  if (state !== 'succeeded') throw error
}

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { Call, Fault } from '../../local/secrets-manager/service/calls.ts'
import { codeOf } from '../support/outcome.ts'
import { fourSteps, secretsManagerFor } from '../support/secrets-manager.ts'

const before = 'first-value-0001'

const id = 'Minting'
const folder = await mkdtemp(join(tmpdir(), 'keyturn-minted-'))
let spoil: (call: Call) => Fault | undefined | Promise<Fault | undefined> = () => undefined
const secrets = await secretsManagerFor(
  { id, module: 'test/rotation/handlers/minting.ts', env: { MINT: folder } },
  { intercept: (call) => (call.operation === 'PutSecretValue' && call.caller === id ? spoil(call) : undefined) },
)
afterEach(async () => {
  spoil = () => undefined
  for (const name of await readdir(folder)) await rm(join(folder, name))
})
afterAll(async () => {
  await secrets[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** The minted keys that still exist. */
const keys = async () => (await readdir(folder)).filter((name) => /^[0-9a-f]{24}$/.test(name))
const put = (name: string) => writeFile(join(folder, name), '')

async function begun() {
  return secrets.begin(await secrets.store(before))
}

describe('a value that a provider has minted', () => {
  it('is in the new version and nowhere else', async () => {
    const rotation = await begun()
    await rotation.run(...fourSteps)
    expect([await secrets.value(rotation.secretId, 'AWSCURRENT')]).toEqual(await keys())
  })

  const denied: readonly (readonly [string, Fault])[] = [
    ['denies it', { error: { type: 'AccessDeniedException' } }],
    // The SDK takes this error for a passing one, and tries three times.
    ['has too many versions', { error: { type: 'LimitExceededException' } }],
    ['throttles', { throttle: true }],
    ['refuses the value', { error: { type: 'InvalidParameterException' } }],
  ]
  it.each(denied)('is taken back where Secrets Manager %s', async (_, fault) => {
    spoil = () => fault
    const rotation = await begun()
    const outcome = await rotation.attempt('createSecret')
    expect(outcome.ok).toBe(false)
    expect(outcome.logs).toContain('took back what was minted and not stored')
    expect(await keys()).toEqual([])
  })

  const uncertain: readonly (readonly [string, (nth: number) => Fault])[] = [
    ['has a fault of its own', () => ({ error: { type: 'InternalServiceError', status: 500 } })],
    ['hangs up after it has stored it', () => ({ hangUp: 'after' })],
    ['hangs up before it has read it', () => ({ hangUp: 'before' })],
    [
      'stores it, hangs up, and denies the repetition',
      (nth) => (nth === 1 ? { hangUp: 'after' } : { error: { type: 'AccessDeniedException' } }),
    ],
  ]
  it.each(uncertain)('is kept where Secrets Manager %s: the value may be stored', async (_, fault) => {
    let puts = 0
    spoil = () => fault(++puts)
    const rotation = await begun()
    await rotation.attempt('createSecret')
    expect(puts).toBeGreaterThan(1)
    expect(await keys()).toHaveLength(1)
  })

  it('is taken back by the run that comes second, and the first one goes on', async () => {
    const rotation = await begun()
    await Promise.all([1, 2, 3].map(() => rotation.run('createSecret')))
    expect(await keys()).toEqual([await secrets.value(rotation.secretId, 'AWSPENDING')])
  })

  it('is not taken back where it is the very value that is stored', async () => {
    let first = true
    const refuse: Fault = { error: { type: 'ResourceExistsException' } }
    spoil = async () => {
      if (!first) return undefined
      first = false
      const [key = ''] = await keys()
      await secrets.storePending(rotation, key)
      return refuse
    }
    const rotation = await begun()
    await rotation.run('createSecret')
    expect(await keys()).toEqual([await secrets.value(rotation.secretId, 'AWSPENDING')])
  })

  it('hides no cause where it cannot be taken back', async () => {
    spoil = () => ({ error: { type: 'AccessDeniedException' } })
    await put('keep')
    const outcome = await (await begun()).attempt('createSecret')
    expect(codeOf(outcome)).toBe('AccessDenied')
    expect(outcome.logs).toContain('could not take back what was minted and not stored (Internal)')
  })

  it('is not asked for again by a run that waits for another one to store its value', async () => {
    await put('wait')
    const rotation = await begun()
    const waiting = rotation.attempt('createSecret')
    while ((await keys()).length === 0) await sleep(10)
    await secrets.storePending(rotation, 'stored-by-another-run')
    const outcome = await waiting
    expect(outcome.logs).toContain('found the pending value stored by another run')
    expect(outcome.ok).toBe(true)
  })

  it('is made with knowledge of the versions that others have labelled', async () => {
    const rotation = await begun()
    const pinned = { SecretId: rotation.secretId, SecretString: 'pinned-value', VersionStages: ['RELEASE-7'] }
    await secrets.client.send(new PutSecretValueCommand(pinned))
    await rotation.run('createSecret')
    expect(await readdir(folder)).toContain('in-use-pinned-value')
  })
})

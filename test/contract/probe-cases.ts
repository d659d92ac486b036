import { expect, it } from 'vitest'
import type { ProbeAnswer } from '../../shared/rotation/probe.ts'
import type { SecretsManager } from '../support/secrets-manager.ts'
import type { DatabaseTypeUnderTest } from './database.ts'
import type { Suite } from './suite.ts'

/** Asks the function what works, as an operator does. */
export async function probed(secrets: SecretsManager, SecretId: string, more: object = {}): Promise<ProbeAnswer> {
  const outcome = await secrets.invoke({ KeyturnProbe: 1, SecretId, ...more })
  if (!outcome.ok) throw new Error(`The probe failed: ${outcome.error.errorMessage}`)
  return outcome.answer as ProbeAnswer
}

/** The findings about the version with a label. */
export function aboutVersion({ findings }: ProbeAnswer, label: string) {
  return findings.find(({ labels }) => labels?.includes(label))
}

/** The cases of every kind of secret. */
export function probeCases({ secrets, stored, expectNoLeak }: Suite): void {
  it('a probe says in the middle of a rotation what works, changes nothing, and tells no value', async () => {
    const target = await stored()
    const { secretId: SecretId } = target
    const rotation = await secrets.begin(SecretId)
    await rotation.run('createSecret')
    const state = async () => [await target.snapshot(), await secrets.labels(SecretId)]
    const before = await state()
    const answer = await probed(secrets, SecretId)
    expect(await state()).toEqual(before)
    expect(answer).toMatchObject({ KeyturnProbe: 1, rotationEnabled: true })
    // At some providers the value before ends when the next one is made.
    const verdict = (await target.works(await target.stagedValue('AWSCURRENT'))) ? 'works' : 'fails'
    expect(aboutVersion(answer, 'AWSCURRENT')).toMatchObject({ verdict })
    expect(answer.findings.filter(({ about, verdict }) => about !== 'version' && verdict === 'fails')).toEqual([])
    await rotation.run('setSecret', 'testSecret')
    const later = await probed(secrets, SecretId)
    expect(aboutVersion(later, 'AWSPENDING')).toMatchObject({ verdict: expect.stringMatching(/^(works|untried)$/) })
    await expectNoLeak(JSON.stringify([answer, later]))
    await rotation.end()
  })
}

/** The cases of logins that a server counts. */
export function databaseProbeCases(type: DatabaseTypeUnderTest, { secrets, stored }: Suite): void {
  it('a probe after the password was changed by hand names that, and is refused once by each account', async () => {
    const target = await stored()
    const { secretId } = target
    const rotation = await secrets.begin(secretId)
    await rotation.run('createSecret')
    await type.changeByHand(target.value)
    const watch = await type.watchLogins(target)
    const answer = await probed(secrets, secretId)
    const { accepted, refused } = await watch.stop()
    expect(accepted).toBe(0)
    // Two users that take turns are two accounts.
    expect(refused).toBeLessThanOrEqual(type.strategy === 'alternating-users' ? 2 : 1)
    expect(aboutVersion(answer, 'AWSCURRENT')).toMatchObject({ verdict: 'fails', code: 'LoginRefused' })
    expect(answer.findings.filter(({ about, verdict }) => about === 'superuser' && verdict !== 'untried')).toEqual([])
    await rotation.end()
  })
}

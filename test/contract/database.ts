import { expect, it } from 'vitest'
import { codeOf, saidBy } from '../support/outcome.ts'
import { fourSteps, type RotationByHand, type SecretsManager } from '../support/secrets-manager.ts'
import { callCases } from './call-cases.ts'
import type { RotationCalls } from './calls.ts'
import { expectFailure } from './failure.ts'
import { networkCases } from './network-cases.ts'
import { databaseProbeCases } from './probe-cases.ts'
import type { SecretTypeUnderTest, Target } from './secret-type.ts'
import type { Suite } from './suite.ts'

/** A kind of database secret: an engine with a strategy. */
export interface DatabaseTypeUnderTest extends SecretTypeUnderTest {
  /** A target whose secret has these fields (JSON) instead of, or besides, its own. */
  withFields(secrets: Pick<SecretsManager, 'store'>, fields: Readonly<Record<string, string>>): Promise<Target>
  /** How many logins setSecret and testSecret make. */
  readonly logins: { readonly setSecret: number; readonly testSecret: number }
  readonly calls: RotationCalls
  /** Notes the function's logins of a target, as the server saw them, until `stop` is called. */
  watchLogins(
    target: Pick<Target, 'logins'>,
  ): Promise<{ stop(): Promise<{ readonly accepted: number; readonly refused: number }> }>
  /** The step that ends a rotation whose password was changed by hand: where refused logins lock, setSecret tries no second. */
  readonly handChangeEndsIn?: 'setSecret' | 'testSecret'
  /** Opens a session as an application would; gives a function that uses it. */
  openSession(value: string): Promise<{ use(): Promise<unknown> } & AsyncDisposable>
  /** Changes the password at the server behind the secret's back. */
  changeByHand(value: string): Promise<void>
}

/**
 * The further cases that every engine with every strategy must pass.
 * @param cases `with a server` where another suite has all of them for the same function: what it does before it has reached
 *   any server is the same on each version
 */
export function databaseContract(
  type: DatabaseTypeUnderTest,
  cases: 'all' | 'with a server' = 'all',
): (suite: Suite) => void {
  return (suite) => {
    thriftCases(type, suite)
    refusalCases(type, suite)
    if (cases === 'all') {
      unreadableCases(type, suite)
      networkCases(type, suite)
    }
    databaseProbeCases(type, suite)
  }
}

function thriftCases(type: DatabaseTypeUnderTest, { secrets, stored }: Suite) {
  it('logs in as often as it must, and is refused nowhere', async () => {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    for (const step of fourSteps) {
      const watch = await type.watchLogins(target)
      await rotation.run(step)
      const accepted = step === 'setSecret' || step === 'testSecret' ? type.logins[step] : 0
      expect([step, await watch.stop()]).toEqual([step, { accepted, refused: 0 }])
    }
  })

  callCases({ type }, type.calls)

  it('sessions that are open live through a rotation', async () => {
    const target = await stored()
    await using session = await type.openSession(target.value)
    await secrets.rotate(target.secretId)
    await session.use()
  })

  it('leaves the logins of other secrets alone', async () => {
    const [target, other] = [await stored(), await stored()]
    const before = await other.snapshot()
    await secrets.rotate(target.secretId)
    expect(await other.snapshot()).toEqual(before)
  })

  it('changes nothing at the server before setSecret', async () => {
    const target = await stored()
    const before = await target.snapshot()
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    expect(await target.snapshot()).toEqual(before)
  })
}

function refusalCases(type: DatabaseTypeUnderTest, suite: Suite) {
  const { secrets, stored } = suite
  const pendingWith = (field: string, value: unknown) => async (rotation: RotationByHand) => {
    const { AWSCURRENT = '{}' } = { AWSCURRENT: await secrets.value(rotation.secretId, 'AWSCURRENT') }
    await secrets.storePending(rotation, JSON.stringify({ ...JSON.parse(AWSCURRENT), [field]: value }))
    await rotation.run('createSecret')
  }
  /** The steps before setSecret are done by `before`: createSecret keeps what is stored already. */
  async function expectMismatch(field: string, value: unknown) {
    const target = await stored()
    const rotation = await secrets.begin(target.secretId)
    await pendingWith(field, value)(rotation)
    const watch = await type.watchLogins(target)
    const outcome = await rotation.attempt('setSecret')
    expect(codeOf(outcome)).toBe('PendingMismatch')
    expect(await watch.stop()).toEqual({ accepted: 0, refused: 0 })
    expect(await target.works(target.value)).toBe(true)
  }

  it('a pending value for another user is not carried out', () => expectMismatch('username', 'somebody_else'))
  it('a pending value for another host is sent nowhere', () => expectMismatch('host', 'elsewhere.invalid'))
  it('a pending value for another port is sent nowhere', () => expectMismatch('port', 1))

  it('a password that was changed by hand ends the rotation', async () => {
    const target = await stored()
    await type.changeByHand(target.value)
    const error = await expectFailure(suite, target, {
      code: 'LoginRefused',
      step: type.handChangeEndsIn ?? 'setSecret',
      stillWorks: false,
    })
    expect(error.errorMessage).toContain(JSON.parse(target.value).username)
    expect(error.errorMessage).toMatch(/password was changed.*list-secret-version-ids --include-deprecated/s)
  })

  it('testSecret fails where the pending value does not log in', async () => {
    const target = await stored()
    const before = async () => type.changeByHand(await target.stagedValue('AWSPENDING'))
    await expectFailure(suite, target, { code: 'LoginRefused', step: 'testSecret', before, stillWorks: false })
  })
}

/** Secrets that a function does not even begin with. */
function unreadableCases(type: DatabaseTypeUnderTest, suite: Suite) {
  const { secrets, stored } = suite
  for (const [what, fields, sentence] of [
    ['another engine', { engine: '"oracle"' }, "in order to use this rotation lambda. The secret says 'oracle'."],
    ['a host with a path', { host: '"db/x"' }, '"host" in the secret must be a host name or an address.'],
    ['an empty user name', { username: '""' }, '"username" in the secret must be a text that is not empty.'],
    ['a password that is a number', { password: '12345678' }, '"password" in the secret must be a text'],
    ['an impossible port', { port: '70000' }, '"port" in the secret must be a whole number from 1 to 65535'],
    ['ssl that is neither true nor false', { ssl: '"maybe"' }, '"ssl" in the secret must be true or false.'],
  ] as const) {
    it(`a secret with ${what} is refused, and named as the cause`, async () => {
      const target = await stored((store) => type.withFields(store, fields))
      const unusable = 'username' in fields || 'password' in fields
      const expected = { code: 'InvalidSecret', step: 'createSecret', stillWorks: !unusable } as const
      const error = await expectFailure(suite, target, expected)
      expect(error.errorMessage).toContain(sentence)
    })
  }

  for (const field of ['host', 'username', 'password']) {
    it(`a secret without ${field} is refused in AWS's words`, async () => {
      const target = await stored()
      const { [field]: _, ...rest } = JSON.parse(target.value) as Record<string, unknown>
      const secretId = await secrets.store(JSON.stringify(rest))
      const outcome = await (await secrets.begin(secretId)).attempt('createSecret')
      expect(saidBy(outcome)).toContain(`${field} key is missing from secret JSON.`)
    })
  }
}

import { afterAll, describe, expect, it } from 'vitest'
import type { LocalOptions } from '../../local/secrets-manager/start.ts'
import type { FunctionUnderTest } from '../support/function-under-test.ts'
import type { SecretsManager } from '../support/secrets-manager.ts'
import { probeCases } from './probe-cases.ts'
import { repetitionCases } from './repetition-cases.ts'
import { hostileCases, rotationCases } from './rotation-cases.ts'
import { type Suite, suiteFor } from './suite.ts'

/** A kind of secret, as the contract sees it. */
export interface SecretTypeUnderTest {
  readonly title: string
  /** The server that it runs against, for the table at the end. */
  readonly server: string
  readonly function: FunctionUnderTest
  /** Of a database login. */
  readonly strategy?: 'single-user' | 'dual-password' | 'alternating-users'
  /** What becomes of the value from before a rotation, which a client may have cached. */
  readonly oldValue: 'works' | 'is refused' | 'is nowhere known'
  /** A target of its own, and the first value of its secret. */
  fresh(secrets: SecretsManager): Promise<Target>
  /** Targets with names and values that break texts which are put together carelessly, by their oddity. */
  readonly hostile: Readonly<Record<string, (secrets: SecretsManager) => Promise<Target>>>
  /** Options of the Secrets Manager that it runs with. */
  readonly secretsManager?: Pick<LocalOptions, 'anyVersionAbandons' | 'intercept'>
  /** How often random sequences of steps are tried; 4 when left out: the simulation goes through the orders of two runs. */
  readonly sequences?: number
}

export interface Target {
  /** The SecretString to begin with. */
  readonly value: string
  /** Proves by using it whether a value works. */
  works(value: string): Promise<boolean>
  /** All that a rotation may change at the target. */
  snapshot(): Promise<unknown>
  /** The parts of a value that must be seen nowhere. */
  sensitive(value: string): readonly string[]
  /** Values of other secrets that the rotation uses. */
  readonly others: readonly string[]
  /** Variables of the function that are only known now: the ARN of another secret. */
  readonly env?: Readonly<Record<string, string>>
  /** Names under which the rotation logs in at the target; none where it does not. */
  readonly logins: readonly string[]
}

/**
 * Registers the cases that every kind of secret must pass.
 * @param targetLog everything that the target itself has logged
 * @param more registers further cases, whose output is searched for secret values too
 */
export async function secretTypeContract(
  type: SecretTypeUnderTest,
  targetLog: () => Promise<string> = async () => '',
  more: (suite: Suite) => void = () => {},
): Promise<void> {
  const suite = await suiteFor(type)
  const { secrets } = suite

  describe(type.title, { meta: { server: type.server } }, () => {
    rotationCases(suite)
    repetitionCases(suite)
    hostileCases(suite)
    probeCases(suite)
    more(suite)

    it('leaves no secret value in any log line, metric, error or log of the target', async () => {
      expect(secrets.output()).toContain('step succeeded')
      await suite.expectNoLeak(await targetLog())
    })

    afterAll(() => secrets[Symbol.asyncDispose]())
  })
}

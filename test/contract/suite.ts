import { expect } from 'vitest'
import { findLeak } from '../support/leaks.ts'
import { type RotationByHand, type SecretsManager, secretsManagerFor } from '../support/secrets-manager.ts'
import type { SecretTypeUnderTest, Target } from './secret-type.ts'

/** What the cases of one suite share. */
export interface Suite {
  readonly type: SecretTypeUnderTest
  readonly secrets: SecretsManager
  /** A fresh target whose secret is stored; its values are looked for in all output at the end. */
  stored(make?: SecretTypeUnderTest['fresh']): Promise<StoredTarget>
  /** Looks for all secret values so far in what the function said, and in further texts. */
  expectNoLeak(...texts: string[]): Promise<void>
}

type StagedLabel = 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS'

export interface StoredTarget extends Target {
  readonly secretId: string
  /** The stored values, by label. */
  staged(): Promise<Partial<Record<StagedLabel, string>>>
  /** The stored value with a label. Throws where there is none. */
  stagedValue(label: StagedLabel): Promise<string>
  /** That nobody is locked out: a staged value works. */
  expectOneWorks(): Promise<void>
  /** That the rotation ended, and that its value and no other one is in use. */
  expectPromoted(rotation: Pick<RotationByHand, 'token'>, before: string): Promise<void>
}

/** @returns what the cases of a suite share; the Secrets Manager has to be disposed of */
export async function suiteFor<T extends SecretTypeUnderTest>(type: T): Promise<Suite & { readonly type: T }> {
  const secrets = await secretsManagerFor(type.function, type.secretsManager)
  const targets: StoredTarget[] = []
  const seen = new Set<string>()
  return {
    type,
    secrets,
    async stored(make = type.fresh) {
      const target = await storedTarget(type, secrets, await make(secrets), seen)
      targets.push(target)
      return target
    },
    async expectNoLeak(...texts) {
      for (const target of targets) await target.staged()
      const values = [...seen, ...targets.flatMap(({ others }) => others), ...secrets.rotationTokens()]
      expect(values.length).toBeGreaterThan(2)
      for (const text of [secrets.output(), ...texts]) expect(findLeak(text, values)).toBeUndefined()
    },
  }
}

/** Stores the secret of a target. @param seen collects what must be seen nowhere */
export async function storedTarget(
  type: SecretTypeUnderTest,
  secrets: SecretsManager,
  target: Target,
  seen: Set<string>,
): Promise<StoredTarget> {
  const secretId = await secrets.store(target.value)
  async function staged() {
    const labels = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'] as const
    const values = await Promise.all(
      labels.map(async (label) => [label, await secrets.value(secretId, label)] as const),
    )
    const found: Partial<Record<(typeof labels)[number], string>> = Object.fromEntries(
      values.filter(([, value]) => value !== undefined),
    )
    for (const [, value = ''] of values) if (value !== '') for (const part of target.sensitive(value)) seen.add(part)
    return found
  }
  return {
    ...target,
    secretId,
    staged,
    async stagedValue(label) {
      const value = (await staged())[label]
      if (value === undefined) throw new Error(`${secretId} has no value with ${label}.`)
      return value
    },
    async expectOneWorks() {
      const values = await staged()
      const candidates = type.oldValue === 'is refused' ? Object.values(values) : [values.AWSCURRENT ?? '']
      const working = await Promise.all(candidates.map((value) => target.works(value)))
      expect(working, 'which of the staged versions work').toContain(true)
    },
    async expectPromoted({ token }, before) {
      const labels = await secrets.labels(secretId)
      expect(labels[token]).toContain('AWSCURRENT')
      for (const [version, held] of Object.entries(labels))
        if (version !== token) expect(held).not.toContain('AWSPENDING')
      const { AWSCURRENT = '', AWSPREVIOUS } = await staged()
      expect(AWSPREVIOUS).toBe(before)
      expect(AWSCURRENT).not.toBe(before)
      expect(await target.works(AWSCURRENT)).toBe(true)
      if (type.oldValue !== 'is nowhere known') expect(await target.works(before)).toBe(type.oldValue === 'works')
    },
  }
}

import { describe } from 'vitest'
import { types } from '../../simulation/targets/types.ts'
import { repetitionCases } from '../contract/repetition-cases.ts'
import { rotationCases } from '../contract/rotation-cases.ts'
import type { SecretTypeUnderTest } from '../contract/secret-type.ts'
import { modelSuite } from './model-suite.ts'

/** The facts of the same kind of secret on a real server. */
function oldValue(name: string): SecretTypeUnderTest['oldValue'] {
  if (name === 'generated-value') return 'is nowhere known'
  return name.includes('single-user') ? 'is refused' : 'works'
}

// The cases that every kind of secret must pass on its real server: a model that does not agree with them is wrong.
// Two runs at once lock the account that takes two tries, which is a left-over (simulation/accepted.ts).
for (const type of types.filter(({ name }) => !name.endsWith('two-tries'))) {
  describe(`the model of ${type.name}`, { meta: { server: 'a model' } }, () => {
    const suite = modelSuite(type, { oldValue: oldValue(type.name), title: type.name })
    rotationCases(suite)
    repetitionCases(suite)
  })
}

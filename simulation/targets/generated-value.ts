import { generatedValue } from '../../functions/generated-value/secret-type.ts'
import { settings } from '../../functions/generated-value/settings.ts'
import { rotate } from '../../shared/rotation/rotate.ts'
import type { SimulatedType } from '../world/simulated-type.ts'
import { nothing } from './nothing.ts'

const type = generatedValue(settings({}))

export const generated: SimulatedType = {
  name: 'generated-value',
  real: 'protocol and secret type',
  below: 'nothing: there is no target',
  overlap: true,
  target: nothing,
  value: () => JSON.stringify({ password: 'the first value', note: 'stays' }),
  rotate: (event, around) => rotate(type, event, around),
}

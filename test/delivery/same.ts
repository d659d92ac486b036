import type { Mapping } from '../../template/parsed.ts'
import { list } from '../template/policies.ts'

/** A statement of a policy as a text, which is the same for lists of one and single values. */
export function comparable(statement: Mapping): string {
  const { Action, Resource, ...rest } = statement
  return JSON.stringify([list(Action).toSorted(), list(Resource).toSorted(), Object.entries(rest).sort()])
}

/** Properties as Lambda sees them: a number in a variable is a text, and an empty list of layers is none. */
export function asDeployed({ Layers, Environment, ...properties }: Mapping): Mapping {
  const variables = Object.entries((Environment as Mapping).Variables as Mapping)
  const texts = Object.fromEntries(variables.map(([name, value]) => [name, String(value)]))
  const layers = list(Layers).length > 0 ? { Layers: Layers ?? [] } : {}
  return { ...properties, ...layers, Environment: { Variables: texts } }
}

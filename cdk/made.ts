import type { OptionsOf } from './made/options.ts'
import template from './made/template.json' with { type: 'json' }

/** A value in a template. */
export type Value = string | number | boolean | null | readonly Value[] | Mapping
export interface Mapping {
  readonly [key: string]: Value
}

/** A parameter of the template. */
export interface Parameter {
  /** Its name among the options of a RotationFunction. */
  readonly key: string
  readonly Type: string
  readonly Default?: string | number
  readonly AllowedValues?: readonly (string | number)[]
  readonly AllowedPattern?: string
  readonly ConstraintDescription?: string
  readonly MinValue?: number
  readonly MaxValue?: number
}

interface MadeFunction {
  /** The parameters that mean something to the function. */
  readonly parameters: readonly string[]
  /** The usual port of the servers that it logs in to. */
  readonly port?: number
  /** Megabytes and seconds, where it needs more than the others. */
  readonly memory?: number
  readonly timeout?: number
}

interface Made {
  readonly parameters: Readonly<Record<string, Parameter>>
  readonly rules: Readonly<
    Record<string, { readonly Assertions: readonly { readonly Assert: Value; readonly AssertDescription: string }[] }>
  >
  readonly conditions: Mapping
  /** SAM's Globals of functions. */
  readonly globals: Mapping
  /** Properties, by the name in the template. */
  readonly resources: Readonly<Record<string, Mapping>>
  readonly functions: Readonly<Record<keyof OptionsOf, MadeFunction>>
}

/** The parts of template.yaml that the constructs make, as `npm run template` writes them. */
export const made = template as unknown as Made

/** Properties of a resource. @throws Error where the template has none of that name */
export function propertiesOf(id: string): Mapping {
  const properties = made.resources[id]
  if (properties === undefined) throw new Error(`The template has no ${id}.`)
  return properties
}

import { Fn } from 'aws-cdk-lib'
import { type Mapping, made, type Value } from './made.ts'

/** The values that a piece of the template refers to. */
export interface Known {
  /** What `Ref` gives, by the name of a parameter or a resource. */
  readonly refs: Readonly<Record<string, Value>>
  /** What `Fn::GetAtt` gives, by `Name.Attribute`. */
  readonly attributes: Readonly<Record<string, string>>
  /** Stands where the template has `${AWS::StackName}-Name`, or `-*` for the names of all its functions. */
  readonly functionName: string
}

const nothing = Symbol('AWS::NoValue')
type Resolved = Value | typeof nothing

/**
 * A piece of the template with the known values put in. Pseudo parameters stay as they are,
 * so that a stack need not know its account and Region.
 * @throws Error where it refers to an unknown value: the template has grown, and the construct has not
 */
export function resolved(value: Value, known: Known): Value {
  const result = inside(value, known)
  if (result === nothing) throw new Error('Nothing is left of a piece of the template.')
  return result
}

function inside(value: Value, known: Known): Resolved {
  if (typeof value !== 'object' || value === null) return value
  const kept = (items: readonly Value[]) =>
    items.map((item) => inside(item, known)).filter((item): item is Value => item !== nothing)
  if (isList(value)) return kept(value)
  const [[name, given] = ['', ''], ...others] = Object.entries(value)
  if (others.length === 0 && /^(Ref|Fn::.+)$/.test(name)) return call(name, given, known)
  const entries = Object.entries(value).map(([key, item]): [string, Resolved] => [key, inside(item, known)])
  return Object.fromEntries(entries.filter((entry): entry is [string, Value] => entry[1] !== nothing))
}

function call(name: string, given: Value, known: Known): Resolved {
  const list: readonly Value[] = isList(given) ? given : [given]
  const [first = '', second = '', third = ''] = list
  const is = (one: Value) => inside(one, known) === true
  switch (name) {
    case 'Ref':
      return given === 'AWS::NoValue' ? nothing : ref(String(given), known)
    case 'Fn::GetAtt':
      return found(known.attributes, list.join('.'))
    case 'Fn::Sub':
      return substituted(String(first), known)
    case 'Fn::If':
      return inside(is(found(made.conditions, String(first))) ? second : third, known)
    case 'Fn::Join':
      return (inside(second, known) as readonly string[]).join(String(first))
    case 'Fn::Equals':
      return String(inside(first, known)) === String(second)
    case 'Fn::Not':
      return !is(first)
    case 'Fn::Or':
      return list.some(is)
    default:
      throw new Error(`${name} of the template is not known here.`)
  }
}

function ref(name: string, known: Known): Value {
  return name.startsWith('AWS::') ? Fn.ref(name) : found(known.refs, name)
}

function substituted(text: string, known: Known): string {
  return text
    .replaceAll(/\$\{AWS::StackName\}-(\w+|\*)/g, () => known.functionName)
    .replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => String(ref(name, known)))
}

function found<T>(among: Readonly<Record<string, T>>, name: string): T {
  const value = among[name]
  if (value === undefined) throw new Error(`${name} of the template is not known here.`)
  return value
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

/** Gives keys the form that CDK's classes want: MetricName becomes metricName. */
export function camelCased(value: Value): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map(camelCased)
  const entries = Object.entries(value as Mapping)
  return Object.fromEntries(
    entries.map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), camelCased(item)]),
  )
}

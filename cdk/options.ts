import { made } from './made.ts'
import type { CommonProps, FunctionName } from './props.ts'

/** The options that every function has. */
const common = {
  function: true,
  vpc: true,
  vpcSubnets: true,
  securityGroups: true,
  encryptionKeys: true,
  alarmTopic: true,
  functionName: true,
  memorySize: true,
  timeout: true,
  architecture: true,
  layers: true,
  logRetention: true,
  secretsManagerEndpoint: true,
  zip: true,
} as const satisfies Readonly<Record<keyof CommonProps | 'function', true>>

const own = (name: FunctionName) =>
  made.functions[name].parameters.flatMap((parameter) => made.parameters[parameter]?.key ?? [])

/**
 * Refuses unknown functions and options: TypeScript would not compile them, but JavaScript would ignore them.
 * @throws Error where there is no such function, and for an option that it does not have; the message names those that exist
 */
export function refuseUnknownFunction(props: { readonly function?: unknown } | undefined): void {
  const names = Object.keys(made.functions) as FunctionName[]
  const name = names.find((one) => one === props?.function)
  if (name === undefined) {
    const wanted = props?.function
    const what = wanted === undefined ? 'the option function is missing' : `there is no function ${shown(wanted)}`
    throw new Error(`RotationFunction: ${what}. There is: ${names.join(', ')}.`)
  }
  refuseUnknown(`RotationFunction ${name}`, props, [...own(name), ...Object.keys(common)], (option) => {
    const others = names.filter((other) => own(other).includes(option))
    return others.length === 0 ? '' : `, which is one of ${others.join(', ')}`
  })
}

/**
 * @param who to whom the options belong, for the message
 * @param about gives a further remark about an unknown option
 * @throws Error where the options are no object, and for an unknown option; an option that is undefined counts as left out
 */
export function refuseUnknown(
  who: string,
  given: unknown,
  known: readonly string[],
  about: (option: string) => string = () => '',
): void {
  if (typeof given !== 'object' || given === null)
    throw new Error(`${who} takes an object with options: ${known.join(', ')}.`)
  const [unknown] = Object.entries(given).filter(([option, value]) => value !== undefined && !known.includes(option))
  if (unknown === undefined) return
  const [option] = unknown
  throw new Error(`${who} has no option ${option}${about(option)}. It has: ${known.join(', ')}.`)
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : `of type ${typeof value}`
}

import { type Duration, Token } from 'aws-cdk-lib'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Settings } from './made/options.ts'
import { made, type Parameter, type Value } from './made.ts'
import type { CommonProps, FunctionName } from './props.ts'
import { resolved } from './resolve.ts'

/**
 * The template's parameters of a function, with their defaults where an option is left out.
 * @param options the options of OptionsOf; others are ignored
 * @throws Error, in the template's words, for a value or a combination that the template refuses
 */
export function valuesOf(name: FunctionName, options: Settings): Record<string, Value> {
  const given = options as Readonly<Record<string, unknown>>
  const values = Object.fromEntries(
    made.functions[name].parameters.map((parameter): [string, Value] => {
      const about = made.parameters[parameter]
      if (about === undefined) throw new Error(`The template has no parameter ${parameter}.`)
      return [parameter, parameterOf(about, given[about.key])]
    }),
  )
  refuseContradictions(name, values)
  return values
}

/**
 * Refuses values of common options that the template would refuse, and names the options as they are called here.
 * @throws Error with the option, its value and what it must be
 */
export function refuseCommon({ memorySize, timeout, logRetention, secretsManagerEndpoint }: CommonProps): void {
  refuseNoDuration('timeout', timeout)
  const forEver = logRetention === RetentionDays.INFINITE
  const given = {
    MemoryMegabytes: { key: 'memorySize', value: memorySize },
    TimeoutSeconds: { key: 'timeout', value: timeout?.toSeconds() },
    LogRetentionDays: { key: 'logRetention', value: forEver ? undefined : logRetention },
    SecretsManagerEndpoint: { key: 'secretsManagerEndpoint', value: secretsManagerEndpoint },
  }
  for (const [parameter, { key, value }] of Object.entries(given)) {
    const about = made.parameters[parameter]
    if (about !== undefined && value !== undefined) refuse({ ...about, key }, String(value))
  }
}

/** @throws Error for a value that is no Duration: JavaScript would take a number for one */
export function refuseNoDuration(option: string, given: Duration | undefined): void {
  if (given === undefined || typeof given.toSeconds === 'function') return
  throw new Error(`${option} is ${JSON.stringify(given)}. It must be a Duration of aws-cdk-lib: Duration.minutes(2).`)
}

function parameterOf(about: Parameter, given: unknown): Value {
  const { key, Type, Default = '' } = about
  if (Type === 'CommaDelimitedList') {
    const listed = (given ?? []) as readonly (string | ISecret)[]
    const arns = listed.map((one) => (typeof one === 'string' ? one : arnOf(key, one)))
    for (const arn of arns) refuse(about, arn)
    return arns
  }
  const value = given === undefined ? Default : (given as string | number | boolean)
  if (given !== undefined) refuse(about, String(value))
  return String(value)
}

/** The whole ARN of a secret: a role grants nothing on an ARN without its last six characters. */
function arnOf(key: string, secret: ISecret): string {
  if (secret.secretFullArn !== undefined) return secret.secretFullArn
  throw new Error(
    `A secret in ${key} is known by its name alone, and roles and functions need the whole ARN. Take ` +
      'Secret.fromSecretCompleteArn, with the ARN that "aws secretsmanager describe-secret --secret-id NAME" shows.',
  )
}

/** Refuses a value that CloudFormation would refuse. Values that are known at deployment only are left to CloudFormation. */
function refuse(about: Parameter, value: string) {
  const { key, AllowedValues, AllowedPattern, ConstraintDescription, MinValue = -Infinity, MaxValue = Infinity } = about
  if (Token.isUnresolved(value)) return
  const fits =
    (AllowedValues?.some((allowed) => String(allowed) === value) ?? true) &&
    (AllowedPattern === undefined || new RegExp(`^(?:${AllowedPattern})$`).test(value)) &&
    (about.Type !== 'Number' || (Number(value) >= MinValue && Number(value) <= MaxValue))
  if (fits) return
  const between =
    about.Type === 'Number' && AllowedValues === undefined ? `must be from ${MinValue} to ${MaxValue}.` : undefined
  const why = ConstraintDescription ?? between ?? `must be one of ${AllowedValues?.join(', ')}.`
  throw new Error(`${key} is ${JSON.stringify(value)}. It ${why}`)
}

function refuseContradictions(name: FunctionName, values: Readonly<Record<string, Value>>) {
  const known = { refs: values, attributes: {}, functionName: '' }
  const speaksOf = (rule: unknown) =>
    [...JSON.stringify(rule).matchAll(/\{"Ref":"(\w+)"\}/g)].map(([, one = '']) => one)
  for (const rule of Object.values(made.rules)) {
    if (!speaksOf(rule).every((parameter) => made.functions[name].parameters.includes(parameter))) continue
    const wrong = rule.Assertions.find(({ Assert }) => resolved(Assert, known) !== true)
    if (wrong !== undefined) throw new Error(`RotationFunction ${name}: ${wrong.AssertDescription}`)
  }
}

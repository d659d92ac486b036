import { statementText } from './blocks.ts'
import { type Parameter, parseTemplate, type Value } from './parsed.ts'
import { templateOf } from './render.ts'
import { idOf, type Row } from './row.ts'
import { mentioned } from './text.ts'

/** What a function's block has besides the function, by the end of its name. */
const parts = ['', 'Role', 'Errors', 'Throttles', 'Duration']
/** What functions share: policies, and who is told of rotations that failed. */
const events = ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed']
const shared = ['KeyUse', 'NetworkUse', 'AlarmTopicPolicy', ...events]

/** What the constructs of cdk/ are made from: the parts of the template that they make, one a line, so that a change shows. */
export function dataOf(rows: readonly Row[]): string {
  // A construct can be given other memory and time, of which its alarm must know: all have them as parameters.
  const alike = rows.map(({ memory, timeout, ...row }): Row => row)
  const { Parameters, Rules, Conditions, Globals, Resources } = parseTemplate(templateOf(alike))
  const names = rows.flatMap(parametersOf)
  const known = new Set([...names, ...common])
  const ids = rows.flatMap((row) => parts.map((part) => idOf(row) + part))
  const made = {
    parameters: Object.fromEntries(
      Object.entries(picked(Parameters, (name) => known.has(name))).map(([name, parameter]) => {
        const { Description, ...rules } = parameter
        return [name, { key: optionOf(name, parameter).key, ...rules }]
      }),
    ),
    // A rule that speaks of nothing but these parameters.
    rules: picked(Rules, (name) => refs(Rules[name] as unknown as Value).every((one) => known.has(one))),
    conditions: picked(Conditions, (name) => !/^(Has|Watch)/.test(name) || !ids.some((id) => name.endsWith(id))),
    globals: Globals.Function,
    resources: Object.fromEntries(
      // Code and network are CDK's.
      [...ids, ...shared].map((id) => {
        const { CodeUri, VpcConfig, ...properties } = Resources[id]?.Properties ?? {}
        return [id, properties]
      }),
    ),
    functions: Object.fromEntries(
      rows.map((row) => [
        idOf(row),
        { parameters: parametersOf(row), port: portOf(row), memory: row.memory, timeout: row.timeout },
      ]),
    ),
  }
  const section = ([name, entries]: [string, object]) => `${JSON.stringify(name)}: {\n${lines(entries).join(',\n')}\n}`
  return `{\n${Object.entries(made).map(section).join(',\n')}\n}\n`
}

/** Parameters that every function has, under names of CDK's own (CommonProps). */
const common = ['MemoryMegabytes', 'TimeoutSeconds', 'Architecture', 'LogRetentionDays', 'SecretsManagerEndpoint']

/** The types of what can be set, with the descriptions of the parameters: cdk/made/options.ts. */
export function optionTypesOf(rows: readonly Row[]): string {
  const { Parameters } = parseTemplate(templateOf(rows))
  const names = [...new Set(rows.flatMap(parametersOf))]
  const setting = (name: string) => {
    const parameter = Parameters[name]
    if (parameter === undefined) throw new Error(`The template has no parameter ${name}.`)
    const { key, type } = optionOf(name, parameter)
    return `  /** ${describing(parameter.Description, type)} */\n  readonly ${key}?: ${type} | undefined`
  }
  const keys = (of: readonly string[]) =>
    of.map((name) => `'${optionOf(name, Parameters[name] as Parameter).key}'`).join(' | ') || 'never'
  return [
    '// Made by `npm run template` of the rows and the parameters in template/: change it there.',
    "import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'\n",
    '/** All that can be set. What is left out is as the template has it. */',
    `export interface Settings {\n${names.map(setting).join('\n')}\n}\n`,
    '/** By function, what it can be told. */',
    'export interface OptionsOf {',
    ...rows.map((row) => `  readonly ${idOf(row)}: Pick<Settings, ${keys(parametersOf(row))}>`),
    '}\n',
  ].join('\n')
}

/** The parameters that mean something to a function: its variables, and what its role's statements ask for. */
function parametersOf(row: Row): string[] {
  const rights = (row.statements ?? []).flatMap((name) => mentioned(statementText(name)))
  return [...new Set([...row.variables, ...rights.filter((name) => name.endsWith('Arns'))])]
}

/** Where the servers listen that a function logs in to, by default. */
function portOf({ folder }: Row): number | undefined {
  const ports: Readonly<Record<string, number>> = { postgres: 5432, mysql: 3306, mariadb: 3306, ssh: 22 }
  return ports[folder]
}

/** PasswordLength is passwordLength; ARNs of secrets are secrets of CDK. */
function optionOf(name: string, { Type, AllowedValues = [] }: Parameter): { key: string; type: string } {
  const key = name.charAt(0).toLowerCase() + name.slice(1)
  if (name.endsWith('SecretArns')) return { key: key.replace(/Arns$/, 's'), type: 'readonly ISecret[]' }
  if (Type === 'CommaDelimitedList') return { key, type: 'readonly string[]' }
  if (Type === 'Number') return { key, type: 'number' }
  if (AllowedValues.join() === 'true,false') return { key, type: 'boolean' }
  const words = AllowedValues.filter((value) => value !== '')
  return { key, type: words.length > 0 ? words.map((word) => `'${word}'`).join(' | ') : 'string' }
}

/** Lists are lists here, not texts with commas, and secrets more than their ARNs. */
function describing(description: string, type: string): string {
  if (!type.startsWith('readonly')) return description
  const listed = description.replace(', separated by commas', '')
  if (!type.includes('ISecret')) return listed
  return listed.replace(/^ARNs of (.)/, (_, first: string) => first.toUpperCase())
}

function picked<T>(from: Readonly<Record<string, T>>, wanted: (name: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => wanted(name)))
}

function lines(entries: object): string[] {
  return Object.entries(entries).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
}

function refs(value: Value): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(refs)
  return Object.entries(value).flatMap(([key, item]) => (key === 'Ref' ? [String(item)] : refs(item)))
}

import { statementText } from './blocks.ts'
import { type Parameter, parseTemplate, type Value } from './parsed.ts'
import { templateOf } from './render.ts'
import { idOf, type Row } from './row.ts'
import { mentioned } from './text.ts'

/** The resources of a function's block, by the end of their names. */
const parts = ['', 'Role', 'Errors', 'Throttles', 'Duration']
/** The resources that functions share: policies, and the rules for rotations that failed. */
const events = ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed']
const shared = ['KeyUse', 'NetworkUse', 'AlarmTopicPolicy', ...events]

/** The data of the constructs in cdk/: the parts of the template that they make, one a line, so that a change shows. */
export function dataOf(rows: readonly Row[]): string {
  // A construct can be given other memory and time, which its alarm must know: here all functions have them as parameters.
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
    // Only rules about these parameters.
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

/** Parameters of every function, which have CDK's own names in CommonProps. */
const common = ['MemoryMegabytes', 'TimeoutSeconds', 'Architecture', 'LogRetentionDays', 'SecretsManagerEndpoint']

/** The types of the options, with the descriptions of the parameters: cdk/made/options.ts. */
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
    '/** All options. An option that is left out has the default of the template. */',
    `export interface Settings {\n${names.map(setting).join('\n')}\n}\n`,
    '/** The options of each function. */',
    'export interface OptionsOf {',
    ...rows.map((row) => `  readonly ${idOf(row)}: Pick<Settings, ${keys(parametersOf(row))}>`),
    '}\n',
  ].join('\n')
}

/** The parameters that mean something to a function: its variables, and those in its role's statements. */
function parametersOf(row: Row): string[] {
  const rights = (row.statements ?? []).flatMap((name) => mentioned(statementText(name)))
  return [...new Set([...row.variables, ...rights.filter((name) => name.endsWith('Arns'))])]
}

/** The usual port of the servers that a function logs in to. */
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

/** The description of a parameter, changed for CDK: lists are no texts with commas here, and secrets are no ARNs. */
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

import { createRequire } from 'node:module'
import type { Mapping, Value } from '../../template/parsed.ts'
import { account, region } from '../template/stack.ts'

/** HashiCorp's own parser, as WebAssembly. Its types would bring those of a browser along, and with them another CryptoKey. */
const { parse } = createRequire(import.meta.url)('@cdktf/hcl2json') as {
  parse(name: string, text: string): Promise<Mapping>
}

/** A file of Terraform, as its own parser reads it: blocks are lists, and expressions texts with `${…}`. */
export interface Configuration {
  /** The names at the top level: blocks, and values of variables. */
  readonly names: readonly string[]
  /** The content of a block, with values in the place of references, as far as they can be known. */
  block(...path: readonly [kind: string, ...names: string[]]): Mapping
}

/** @throws the parser's words on a file that it can't read */
export async function configurationOf(text: string, values: Readonly<Record<string, Value>>): Promise<Configuration> {
  const parsed = await parse('main.tf', text)
  const [locals = {}] = (parsed.locals ?? []) as Mapping[]
  const raw = (path: readonly string[]): Mapping => {
    const found = path.reduce<Value | undefined>((at, name) => (at as Mapping | undefined)?.[name], parsed)
    const [only] = (found ?? []) as Mapping[]
    if (only === undefined) throw new Error(`There is no block ${path.join('.')}.`)
    return only
  }

  const outside: Readonly<Record<string, Value>> = {
    'data.aws_caller_identity.current.account_id': account,
    'data.aws_partition.current.partition': 'aws',
    'data.aws_partition.current.dns_suffix': 'amazonaws.com',
    'data.aws_region.current.region': region,
  }
  /** Attributes that are more than an argument of the resource. */
  const attributes: Readonly<Record<string, (name: string) => string>> = {
    'aws_cloudwatch_log_group.arn': (name) => `arn:aws:logs:${region}:${account}:log-group:${name}`,
    'aws_lambda_function.arn': (name) => `arn:aws:lambda:${region}:${account}:function:${name}`,
  }

  function reference(expression: string): Value | undefined {
    const [kind = '', name = '', attribute = ''] = expression.split('.')
    if (kind === 'local') return known(locals[name] ?? '')
    if (kind === 'var') return values[name]
    if (expression in outside) return outside[expression]
    if (!kind.startsWith('aws_')) return undefined
    const made = raw(['resource', kind, name])
    const own = known(made.function_name ?? made.name ?? '')
    const more = attributes[`${kind}.${attribute}`]
    if (more !== undefined) return more(String(own))
    return made[attribute] === undefined ? undefined : known(made[attribute])
  }

  function known(value: Value): Value {
    if (Array.isArray(value)) return value.map(known)
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, known(item)]))
    if (typeof value !== 'string') return value
    const whole = /^\$\{([\w.]+)\}$/.exec(value)?.[1]
    if (whole !== undefined) return reference(whole) ?? value
    return value.replaceAll(/\$\{([\w.]+)\}/g, (text, expression: string) => String(reference(expression) ?? text))
  }

  return { names: Object.keys(parsed), block: (...path) => known(raw(path)) as Mapping }
}

/** The statements of a data source aws_iam_policy_document, as IAM has them. */
export function statementsOfDocument(document: Mapping): Mapping[] {
  return ((document.statement ?? []) as Mapping[]).map(
    ({ effect = 'Allow', actions, resources, condition, principals }) => {
      const conditions: Record<string, Mapping> = {}
      for (const { test, variable, values } of (condition ?? []) as Mapping[]) {
        const [only, ...more] = values as Value[]
        const wanted = more.length > 0 ? (values ?? []) : (only ?? '')
        conditions[String(test)] = { ...conditions[String(test)], [String(variable)]: wanted }
      }
      const [principal] = (principals ?? []) as Mapping[]
      const identifiers = (principal?.identifiers ?? []) as Value[]
      return {
        Effect: effect,
        Action: actions ?? [],
        ...(resources === undefined ? {} : { Resource: resources }),
        ...(principal === undefined ? {} : { Principal: { [String(principal.type)]: identifiers[0] ?? '' } }),
        ...(condition === undefined ? {} : { Condition: conditions }),
      }
    },
  )
}

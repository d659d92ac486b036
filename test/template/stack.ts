import type { Mapping, Resource, Template, Value } from '../../template/parsed.ts'

/** A stack as CloudFormation would make it, with SAM's Globals in each function. */
export interface Stack {
  readonly name: string
  readonly resources: Readonly<Record<string, Resource>>
  readonly outputs: Readonly<Record<string, { readonly value: Value; readonly exported: Value | undefined }>>
}

export type Values = Readonly<Record<string, string | number>>

export const account = '000000000000'
export const region = 'us-east-1'
const noValue = Symbol('AWS::NoValue')
type Resolved = Value | typeof noValue

/** The parameters' defaults, and what replaces them. Lists are arrays, as they are for CloudFormation. */
export function parametersOf(template: Template, values: Values): Record<string, Value> {
  const unknown = Object.keys(values).filter((name) => !(name in template.Parameters))
  if (unknown.length > 0) throw new Error(`There is no parameter ${unknown.join(', ')}.`)
  const entries = Object.entries(template.Parameters).map(([name, { Type, Default }]): [string, Value] => {
    const value = values[name] ?? Default
    if (value === undefined) throw new Error(`Parameter ${name} has no default.`)
    return [name, Type === 'String' || Type === 'Number' ? value : String(value).split(/ *, */)]
  })
  return Object.fromEntries(entries)
}

/** @param imports values by the name of their export */
export function deploy(
  template: Template,
  values: Values = {},
  { name = 'keyturn', imports = {} }: { name?: string; imports?: Readonly<Record<string, Value>> } = {},
): Stack {
  const parameters = parametersOf(template, values)
  const pseudo: Record<string, Resolved> = {
    'AWS::StackName': name,
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::NoValue': noValue,
  }

  function condition(of: string): boolean {
    const expression = template.Conditions?.[of]
    if (expression === undefined) throw new Error(`There is no condition ${of}.`)
    return resolve(expression) === true
  }
  const exists = (item: { readonly Condition?: string }) => item.Condition === undefined || condition(item.Condition)

  function resourceNamed(id: string): Resource {
    const resource = template.Resources[id]
    if (resource === undefined) throw new Error(`There is no resource ${id}.`)
    if (!exists(resource)) throw new Error(`${id} is referred to, but not made.`)
    return resource
  }

  function ref(id: string): Resolved {
    if (id in parameters) return parameters[id] ?? ''
    if (id in pseudo) return pseudo[id] ?? ''
    const { Type, Properties } = resourceNamed(id)
    if (Type === 'AWS::IAM::AccessKey') return 'AKIAIOSFODNN7EXAMPLE'
    const { FunctionName, LogGroupName, Name, UserName } = Properties
    const named = FunctionName ?? LogGroupName ?? Name ?? (Type === 'AWS::IAM::User' ? UserName : undefined)
    const own = named === undefined ? `${name}-${id}` : String(resolve(named))
    if (Type === 'AWS::SNS::Topic') return `arn:aws:sns:${region}:${account}:${own}`
    if (Type === 'AWS::IAM::ManagedPolicy') return `arn:aws:iam::${account}:policy/${own}`
    if (Type === 'AWS::SecretsManager::Secret')
      return `arn:aws:secretsmanager:${region}:${account}:secret:${own}-AbCdEf`
    return own
  }

  function attribute(id: string, which: string): Resolved {
    const own = String(ref(id))
    const { Type } = resourceNamed(id)
    const attributes: Record<string, string> = {
      'AWS::Serverless::Function.Arn': `arn:aws:lambda:${region}:${account}:function:${own}`,
      'AWS::Lambda::Function.Arn': `arn:aws:lambda:${region}:${account}:function:${own}`,
      'AWS::IAM::Role.Arn': `arn:aws:iam::${account}:role/${own}`,
      'AWS::Logs::LogGroup.Arn': `arn:aws:logs:${region}:${account}:log-group:${own}:*`,
      'AWS::Events::Rule.Arn': `arn:aws:events:${region}:${account}:rule/${own}`,
      'AWS::EC2::SecurityGroup.GroupId': `sg-of-${own}`,
      'AWS::KMS::Key.Arn': `arn:aws:kms:${region}:${account}:key/${own}`,
      'AWS::RDS::DBInstance.Endpoint.Address': `${own.toLowerCase()}.rds.example`,
      'AWS::RDS::DBInstance.Endpoint.Port': '5432',
      'AWS::Transfer::Server.ServerId': 's-0123456789abcdef0',
      'AWS::IAM::AccessKey.SecretAccessKey': `${name}-${id}/secret`,
    }
    const value = attributes[`${Type}.${which}`]
    if (value === undefined) throw new Error(`The attribute ${which} of a ${Type} is not known here.`)
    return value
  }

  function substitute(text: string, variables: Mapping): string {
    return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, of: string) => {
      if (literal) return whole.replace('!', '')
      const variable = variables[of]
      if (variable !== undefined) return String(resolve(variable))
      const [id = '', which] = of.split(/\.(.*)/s)
      return String(which === undefined ? ref(of) : attribute(id, which))
    })
  }

  function call(what: string, given: Value): Resolved {
    const list = Array.isArray(given) ? given : [given]
    const [first = '', second = '', third = ''] = list
    const is = (value: Value) => resolve(value) === true
    switch (what) {
      case 'Ref':
        return ref(String(given))
      case 'Condition':
        return condition(String(given))
      case 'Fn::GetAtt':
        return attribute(String(first), String(second))
      case 'Fn::Sub':
        return substitute(String(first), list.length > 1 ? (second as Mapping) : {})
      case 'Fn::Join':
        return (resolve(second) as Value[]).join(String(first))
      case 'Fn::Split':
        return String(resolve(second)).split(String(first))
      case 'Fn::If':
        return resolve(condition(String(first)) ? second : third)
      case 'Fn::ImportValue': {
        const value = imports[String(resolve(given))]
        if (value === undefined) throw new Error(`Nothing is exported as ${String(resolve(given))}.`)
        return value
      }
      case 'Fn::Equals':
        return String(resolve(first)) === String(resolve(second))
      case 'Fn::EachMemberEquals':
        return (resolve(first) as Value[]).every((member) => member === second)
      case 'Fn::And':
        return list.every(is)
      case 'Fn::Or':
        return list.some(is)
      case 'Fn::Not':
        return !is(first)
      default:
        throw new Error(`${what} is not known here.`)
    }
  }

  function resolve(value: Value): Resolved {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== noValue)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value)
    const [only] = entries
    if (entries.length === 1 && only !== undefined && /^(Ref|Fn::.+)$/.test(only[0])) return call(...only)
    // In a policy, Condition is an object; as a function of the Conditions section it has a name.
    if (entries.length === 1 && only?.[0] === 'Condition' && typeof only[1] === 'string') return call(...only)
    const kept = entries.map(([key, item]) => [key, resolve(item)] as const).filter(([, item]) => item !== noValue)
    return Object.fromEntries(kept) as Mapping
  }

  const resources = Object.entries(template.Resources)
    .filter(([, resource]) => exists(resource))
    .map(([id, resource]): [string, Resource] => {
      const globals = resource.Type === 'AWS::Serverless::Function' ? (template.Globals?.Function ?? {}) : {}
      return [id, { ...resource, Properties: resolve(merged(globals, resource.Properties)) as Mapping }]
    })
  const outputs = Object.entries(template.Outputs ?? {})
    .filter(([, output]) => exists(output))
    .map(([id, { Value, Export }]) => {
      const exported = Export === undefined ? undefined : (resolve(Export.Name) as Value)
      return [id, { value: resolve(Value) as Value, exported }] as const
    })
  return { name, resources: Object.fromEntries(resources), outputs: Object.fromEntries(outputs) }
}

/** Globals and a function's own properties, as SAM joins them: objects key by key, lists one after the other. */
function merged(globals: Mapping, own: Mapping): Mapping {
  const result: Mapping = { ...globals }
  for (const [key, value] of Object.entries(own)) {
    const inherited = result[key]
    const both = [inherited, value].every((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
    result[key] = both ? merged(inherited as Mapping, value as Mapping) : value
  }
  return result
}

/** The sentences with which CloudFormation would refuse the values, if any: parameters first, then Rules. */
export function refusals(template: Template, values: Values): string[] {
  const parameters = parametersOf(template, values)
  const wrong = Object.entries(template.Parameters).flatMap(([name, rule]) => {
    const { AllowedValues, AllowedPattern, MinValue = -Infinity, MaxValue = Infinity } = rule
    const given = parameters[name] ?? ''
    const fits = (Array.isArray(given) ? given : [given]).every((value) => {
      if (AllowedValues !== undefined && !AllowedValues.some((allowed) => String(allowed) === String(value)))
        return false
      if (rule.Type === 'Number' && !(Number(value) >= MinValue && Number(value) <= MaxValue)) return false
      // Java's matches(): the whole value, for lists each member.
      return AllowedPattern === undefined || new RegExp(`^(?:${AllowedPattern})$`).test(String(value))
    })
    return fits ? [] : [`Parameter ${name} ${rule.ConstraintDescription ?? 'failed to satisfy constraint'}`]
  })
  if (wrong.length > 0) return wrong
  const asConditions = Object.entries(template.Rules ?? {}).flatMap(([rule, { Assertions }]) =>
    Assertions.map(({ Assert, AssertDescription }, index) => ({ id: `${rule}${index}`, Assert, AssertDescription })),
  )
  return asConditions.flatMap(({ id, Assert, AssertDescription }) => {
    const conditions = { ...template.Conditions, [id]: Assert }
    const probe = { Condition: id, Value: 'kept' }
    const { outputs } = deploy({ ...template, Resources: {}, Conditions: conditions, Outputs: { [id]: probe } }, values)
    return id in outputs ? [] : [AssertDescription]
  })
}

import { readFileSync } from 'node:fs'
import { idOf, type Row } from './row.ts'
import { entries, filled } from './text.ts'

const piece = (name: string) => readFileSync(new URL(`${name}.yaml`, import.meta.url), 'utf8')
const block = piece('function').trimEnd()

/** Properties of every function; SAM takes them from Globals. */
export const globals = piece('globals').trimEnd()

/** Statements for roles besides the calls of every rotation, by the name that rows have for them. */
export const statements = entries(piece('statements'), 0)

/** All resources of one function. @param rows the rows of the whole template */
export function functionBlock(row: Row, rows: readonly Row[], facts: ReadonlySet<string>): string {
  const { folder, file, title, rotates, variables, memory, timeout } = row
  const id = idOf(row)
  const whole = facts.has('whole')
  const same = rows.find((other) => other.variables.join() === variables.join()) ?? row
  const vpc = row.vpc && facts.has('SubnetIds')
  // Without SAM the properties of Globals stand in each function.
  const isZip = facts.has('zips')
  const given = isZip ? ['SecretsManagerEndpoint', ...variables] : variables
  const own = {
    vpc,
    groupMade: vpc && facts.has('DatabaseSecurityGroupId'),
    groupGiven: vpc && !facts.has('DatabaseSecurityGroupId'),
    memory: isZip || memory !== undefined,
    timeout: isZip || timeout !== undefined,
    variables: given.length > 0,
    statements: (row.statements ?? []).length > 0,
  }
  const held = Object.entries(own).flatMap(([fact, holds]) => (holds ? [fact] : []))
  return filled(block, new Set([...facts, ...held]), {
    id,
    folder,
    file,
    title,
    rotates,
    line: '-'.repeat(Math.max(110 - title.length, 3)),
    root: whole ? '' : '../',
    watch: whole ? `Watch${id}` : 'Watch',
    memory: String(memory ?? '!Ref MemoryMegabytes'),
    timeout: String(timeout ?? '!Ref TimeoutSeconds'),
    globals: filled(globals, facts, {}),
    seconds: timeout === undefined ? `\${TimeoutSeconds}` : String(timeout),
    // A function's name has 64 characters at most, and a dash between.
    longestStackName: String(63 - Math.max(...rows.map((each) => idOf(each).length))),
    variablesAnchor: `variablesOf${idOf(same)}`,
    variables: given.map((name) => `${variableOf(name)}: ${givenBy(name)}`).join('\n'),
    statements: (row.statements ?? []).map(statementText).join('\n'),
  })
}

/** A parameter as the value of a variable: a list of ARNs becomes one text, with commas. */
function givenBy(parameter: string): string {
  return parameter.endsWith('Arns') ? `!Join [',', !Ref ${parameter}]` : `!Ref ${parameter}`
}

/** PasswordLength is PASSWORD_LENGTH. */
function variableOf(parameter: string): string {
  return parameter.replaceAll(/(?<=.)[A-Z]/g, '_$&').toUpperCase()
}

/** @throws Error where there is no such statement */
export function statementText(name: string): string {
  const [, ...lines] = statements.get(name)?.split('\n') ?? []
  if (lines.length === 0) throw new Error(`template/statements.yaml has no ${name}.`)
  return lines.map((line) => line.slice(2)).join('\n')
}

/** The parameter by which the function can be left out. */
export function switchOf(row: Row): string {
  const question = `Deploy ${idOf(row)} (${row.what})?`
  const description = question.length <= 100 ? question : `>-\n      ${question}`
  return `  With${idOf(row)}:
    Description: ${description}
    Type: String
    AllowedValues: ['yes', 'no']
    Default: 'yes'`
}

/** @param switched whether the function can be left out */
export function outputsOf(id: string, switched: boolean): string {
  const output = (name: string, description: string, value: string) =>
    [
      `  ${name}:`,
      `    Description: ${description}`,
      ...(switched ? [`    Condition: Has${id}`] : []),
      `    Value: !GetAtt ${value}`,
      `    Export: { Name: !Sub '\${AWS::StackName}-${name}' }`,
    ].join('\n')
  return [
    output(`${id}Arn`, `For RotationLambdaARN of the secrets that ${id} rotates`, `${id}.Arn`),
    output(`${id}RoleArn`, `For the policies of keys and secrets that ${id} uses`, `${id}Role.Arn`),
  ].join('\n')
}

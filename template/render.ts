import { readFileSync } from 'node:fs'
import { functionBlock, globals, outputsOf, statements, statementText, switchOf } from './blocks.ts'
import { anyOf, isOn } from './conditions.ts'
import { idOf, type Row } from './row.ts'
import type { Target } from './targets.ts'
import { entries, filled, mentioned, saidOnce } from './text.ts'
import { writtenOut } from './written-out.ts'

const piece = (name: string) => readFileSync(new URL(`${name}.yaml`, import.meta.url), 'utf8')
const frame = piece('frame')
const [rules, conditions] = [entries(piece('rules'), 2), entries(piece('conditions'), 2)]
const groups = [...entries(piece('parameters'), 0)].map(([label, text]) => ({ label, parameters: entries(text, 2) }))
const parameters = new Map(groups.flatMap((group) => [...group.parameters]))

/**
 * Writes a template.
 * @param target the target, for a template of its functions alone, which asks for little; when left out, each function
 *   has a switch, and each setting a parameter
 * @param code what the functions' code is: TypeScript, which SAM builds, or the zips of a release beside the template
 * @throws Error where a row, a target or a piece names something that does not exist
 */
export function templateOf(rows: readonly Row[], target?: Target, code: 'sam' | 'zips' = 'sam'): string {
  const wanted = target?.asks ?? usedBy(rows)
  const unknown = [...wanted].filter((name) => !parameters.has(name))
  if (unknown.length > 0) throw new Error(`template/parameters.yaml has no ${unknown.join(', ')}.`)
  const asked = new Set([...parameters.keys()].filter((name) => [...wanted].includes(name)))
  const ids = rows.map(idOf)
  const facts = new Set([...asked, target ? 'target' : 'whole', code, `${code}${target ? 'Target' : 'Whole'}`])
  // Rules and conditions about switches have marks for lists of functions.
  const marks = anyWith(rows)
  const empty = Object.fromEntries(Object.keys(marks).map((name) => [name, '']))
  const fits = ([, text]: readonly [string, string]) =>
    mentioned(filled(text, facts, empty)).every((name) => asked.has(name)) && !(target && text.includes('{{'))
  const text = filled(frame, facts, {
    description: `Keyturn - AWS Lambda functions that rotate ${target?.title ?? 'the secrets'} in AWS Secrets Manager`,
    globals: filled(globals, facts, {}),
    groups: groupsOf(asked, target ? [] : ids),
    parameters: [...(target ? [] : rows.map(switchOf)), ...textsOf(asked)].join('\n'),
    rules: filled([...rules].filter(fits).map(textOf).join('\n'), facts, marks),
    conditions: [...(target ? [] : ids.map(switchConditions)), ...[...conditions].filter(fits).map(textOf)].join('\n'),
    functions: rows.map((row) => functionBlock(row, rows, facts)).join('\n\n'),
    overdue: target ? '' : filled(piece('overdue').trimEnd(), facts, { globals: filled(globals, facts, {}) }),
    logGroups: ids.map((id) => `- !If [Has${id}, !Sub "SOURCE '\${${id}Logs}' | ", '']`).join('\n'),
    outputs: ids.map((id) => outputsOf(id, target === undefined)).join('\n'),
  })
  const once = withDefaults(saidOnce(text), asked, target?.instead ?? {})
  return code === 'sam' ? once : writtenOut(once)
}

const textOf = ([, text]: readonly [string, string]) => text

/** The parameters that mean something to these functions. */
function usedBy(rows: readonly Row[]): readonly string[] {
  const pieces = [
    frame,
    globals,
    piece('function'),
    ...conditions.values(),
    ...rows.flatMap((row) => row.statements ?? []).map(statementText),
  ]
  const known = pieces.flatMap(mentioned).filter((name) => parameters.has(name))
  return [...known, ...rows.flatMap(({ variables }) => variables)]
}

/** The parameters in their groups, as the console shows them. */
function groupsOf(asked: ReadonlySet<string>, ids: readonly string[]): string {
  const switches = { label: 'Functions in this stack', names: ids.map((id) => `With${id}`) }
  const others = groups.map((group) => ({
    label: group.label,
    names: [...group.parameters.keys()].filter((name) => asked.has(name)),
  }))
  return [switches, ...others]
    .filter(({ names }) => names.length > 0)
    .map(
      ({ label, names }) =>
        `- Label: { default: ${label} }\n  Parameters:${names.map((name) => `\n    - ${name}`).join('')}`,
    )
    .join('\n')
}

/** The texts of the parameters, group by group, with an empty line between. */
function textsOf(asked: ReadonlySet<string>): string[] {
  const texts = groups.map((group) => [...group.parameters].filter(([name]) => asked.has(name)).map(textOf))
  return texts.filter((group) => group.length > 0).flatMap((group, index) => (index === 0 ? group : ['', ...group]))
}

function switchConditions(id: string): string {
  return `  Has${id}: ${isOn(id)}\n  Watch${id}: !And [!Condition Has${id}, !Condition Watch]`
}

/**
 * For rules: that any function is switched on (Overdue counts: it can be the only one), any for databases or for hosts, or
 * any whose role has a statement.
 */
function anyWith(rows: readonly Row[]): Record<string, string> {
  const having = [...statements.keys()].map((name): [string, Row[]] => [
    name,
    rows.filter((row) => row.statements?.includes(name)),
  ])
  const reading = (parameter: string) => rows.filter(({ variables }) => variables.includes(parameter))
  const all: [string, readonly Row[]][] = [
    ['databases', reading('DatabaseCaBundle')],
    ['hosts', reading('SshHosts')],
    ...having,
  ]
  const some = all.map(([name, having]) => [name, anyOf(having.map((row) => isOn(idOf(row))))])
  return { ...Object.fromEntries(some), anyFunction: anyOf([...rows.map(idOf), 'Overdue'].map(isOn)) }
}

/** Puts in the defaults of parameters that the template does not ask for. */
function withDefaults(text: string, asked: ReadonlySet<string>, instead: NonNullable<Target['instead']>): string {
  const left = [...parameters].filter(([name]) => !asked.has(name))
  const replaced = left.reduce((result, [name, about]) => {
    const value = String(instead[name] ?? /^ {4}Default: (.*)$/m.exec(about)?.[1] ?? '')
    const plain = value.replaceAll("'", '')
    return result.replaceAll(new RegExp(`!Ref ${name}\\b`, 'g'), value).replaceAll(`\${${name}}`, plain)
  }, text)
  // In some texts nothing is left to be substituted.
  return replaced.replaceAll(/!Sub (?=[\w /*()]+$)/gm, '').replaceAll(/\n{3,}/g, '\n\n')
}

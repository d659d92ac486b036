/** A schema as the SDK has it: a number for a plain value, a list of tag, namespace, name, traits and members. */
type Schema = number | readonly unknown[] | (() => Schema)

const plainTypes: Readonly<Record<number, string>> = { 0: 'string', 1: 'number', 2: 'boolean', 4: 'number' }
const listOf = 64
const mapOf = 128

/**
 * Holds what a stand-in of ours takes or gives to the model of the API, which the SDK brings along: no member that the
 * model does not have, none missing that it requires, each of its type.
 * @throws Error that names the member
 */
export function heldTo(schema: unknown, value: unknown, path = ''): void {
  const given = typeof schema === 'function' ? (schema() as Schema) : (schema as Schema)
  if (typeof given === 'number') {
    plain(given, value, path)
    return
  }
  if (!Array.isArray(given)) throw new Error(`${path}: the SDK's schema has another form than it had.`)
  const [tag, , name, , first, second, required = 0] = given
  if (tag === 1) {
    elements(first, value, path || name)
    return
  }
  if (tag !== 3) throw new Error(`${path}: the schema ${String(tag)} is not known here.`)
  if (typeof value !== 'object' || value === null) throw new Error(`${path || name} is to be an object.`)
  const members = first as readonly string[]
  const strange = Object.keys(value).find((key) => !members.includes(key))
  if (strange !== undefined) throw new Error(`${name} has no member ${strange}.`)
  const fields = value as Readonly<Record<string, unknown>>
  const missing = members.slice(0, required as number).find((member) => fields[member] === undefined)
  if (missing !== undefined) throw new Error(`${name} has to have the member ${missing}.`)
  for (const [index, member] of members.entries())
    if (fields[member] !== undefined) heldTo((second as readonly unknown[])[index], fields[member], `${name}.${member}`)
}

function plain(type: number, value: unknown, path: string): void {
  if (type >= mapOf) return
  if (type >= listOf) {
    elements(type - listOf, value, path)
    return
  }
  const wanted = plainTypes[type]
  if (wanted === undefined) throw new Error(`${path}: the plain type ${type} is not known here.`)
  if (typeof value !== wanted) throw new Error(`${path} is to be a ${wanted}.`)
}

function elements(schema: unknown, value: unknown, path: unknown): void {
  if (!Array.isArray(value)) throw new Error(`${path} is to be a list.`)
  for (const [index, each] of value.entries()) heldTo(schema, each, `${path}[${index}]`)
}

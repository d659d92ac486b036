import { RotationError } from '../errors/rotation-error.ts'
import { ours, say, type Words } from '../errors/words.ts'
import { at } from '../http/pointer.ts'
import { textOrDigits } from '../json-secret.ts'
import type { RotationContext } from '../rotation/context.ts'
import { type Description, type Expiry, type Node, type Scalar, type SourceName, sourceOf } from './description.ts'

/** What values of a request may be made of. */
export interface Sources {
  /** Parsed JSON; what is not at hand is left out. */
  readonly documents: Readonly<Partial<Record<SourceName, unknown>>>
  /** The name of a new key, or in requests about all keys what their names begin with. */
  readonly marker: string
  readonly now: number
}

/**
 * The text that stands where only one text can: in a path, a query, a header, a form.
 * @throws RotationError InvalidSecret, which names the field and never shows its value
 */
export function textOf(value: Scalar, sources: Sources): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  if ('$join' in value) return value.$join.map((part) => textOf(part, sources)).join('')
  const text = textOrDigits(referred(value, sources))
  if (text !== undefined) return text
  throw new RotationError('InvalidSecret', say`${nameOf(value)} must be a text that is not empty.`)
}

/**
 * A tree with its references replaced. What a reference leads to is put in as it is: nothing in it is read as a reference.
 * @throws RotationError InvalidSecret
 */
export function treeOf(node: Node, sources: Sources): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map((item: Node) => treeOf(item, sources))
  const entries = Object.entries(node as { readonly [name: string]: Node })
  const [[sign, given] = ['', undefined]] = entries
  if (!sign.startsWith('$')) return Object.fromEntries(entries.map(([name, item]) => [name, treeOf(item, sources)]))
  if (sign === '$join') return textOf(node as Scalar, sources)
  if (sign === '$readWithout') return readWithout(given, sources)
  // A number stays one in a tree, where a path would have its digits.
  if (sign === '$expires') return expiry(given as unknown as Expiry, sources.now)
  const found = referred(node as Scalar & object, sources)
  if (found !== undefined) return found
  throw new RotationError('InvalidSecret', say`${nameOf(node as Scalar & object)} is missing.`)
}

function referred(value: Exclude<Scalar, string | number>, { documents, marker, now }: Sources): unknown {
  if ('$marker' in value) return marker
  if ('$expires' in value) return expiry(value.$expires, now)
  const source = '$from' in value ? sourceOf(value.$from) : undefined
  return source === undefined ? undefined : at(documents[source.name], source.pointer)
}

function readWithout(members: unknown, { documents }: Sources): unknown {
  const left = Array.isArray(members) ? members : []
  const entries = Object.entries((documents.read ?? {}) as Readonly<Record<string, unknown>>)
  return Object.fromEntries(entries.filter(([name]) => !left.includes(name)))
}

function expiry({ afterSeconds, as }: Expiry, now: number): string | number {
  if (as === 'seconds') return afterSeconds
  const seconds = Math.floor(now / 1000) + afterSeconds
  if (as === 'unix') return seconds
  const iso = new Date(seconds * 1000).toISOString()
  return as === 'date' ? iso.slice(0, 10) : iso
}

const whose: Readonly<Record<SourceName, string>> = {
  secret: 'in the secret',
  admin: 'in the secret that manages the keys',
  current: 'in AWSCURRENT',
  pending: 'in AWSPENDING',
  key: 'of the key',
  read: 'of what the provider has shown',
}

function nameOf(value: Scalar & object): Words {
  const source = '$from' in value ? sourceOf(value.$from) : undefined
  if (source === undefined) return ours('A value of the request')
  return say`"${source.pointer.slice(1).replaceAll('/', '.')}" ${ours(whose[source.name])}`
}

/** Values that the description has us choose, made of random bytes or of the marker. */
export function generated(
  wanted: NonNullable<Description['generate']>,
  marker: string,
  { randomBytes }: Pick<RotationContext, 'randomBytes'>,
): Record<string, string> {
  const made = Object.entries(wanted).map(([field, how]) => [
    field,
    '$marker' in how ? marker : Buffer.from(randomBytes(how.$random.bytes)).toString(how.$random.as),
  ])
  return Object.fromEntries(made)
}

import { RotationError } from './errors.ts'
import type { RotationEvent } from './event.ts'
import { patiently } from './patience.ts'
import type { Redactor } from './redact.ts'
import type { Label, SecretStore, StoredValue } from './secret-store.ts'
import type { SecretType, Versions } from './secret-type.ts'

/** Reads each version at most once, and conceals what it read before anything else sees it. */
export interface VersionReader<S> extends Omit<Versions<S>, 'pending'> {
  /** Starts reading now, so that the reads travel beside DescribeSecret. */
  prefetch(labels: readonly Label[]): void
  /** Says which version AWSCURRENT is: a value that was read from another one is out of date and is read again. */
  currentIs(id: string | undefined): void
  /** The pending value, or undefined where createSecret has not stored one yet. */
  stored(): Promise<S | undefined>
  /** The pending value that must be there. Throws VersionMissing. */
  pending(): Promise<S>
}

export function createVersionReader<S>(
  type: SecretType<S>,
  event: RotationEvent,
  around: { readonly store: SecretStore; readonly redactor: Redactor; readonly signal: AbortSignal },
): VersionReader<S> {
  const { secretId, token } = event
  const reads = new Map<Label, Promise<StoredValue | undefined>>()
  let currentId: string | undefined

  async function fetch(label: Label): Promise<StoredValue | undefined> {
    const value = await around.store.read(secretId, label === 'AWSPENDING' ? { id: token, label } : { label })
    if (value?.text !== undefined) concealSecret(value.text, type.sensitive, around.redactor)
    return value
  }
  function read(label: Label): Promise<StoredValue | undefined> {
    const started = reads.get(label) ?? fetch(label)
    reads.set(label, started)
    return started
  }
  function parse(value: StoredValue, label: Label): S {
    if (value.text !== undefined) return type.parse(value.text)
    const what = `The ${label} value of secret ${secretId} is binary; this function rotates text.`
    throw new RotationError('InvalidSecret', what)
  }
  const upToDate = (label: Label, value: StoredValue | undefined) =>
    value !== undefined && (label !== 'AWSCURRENT' || currentId === undefined || value.id === currentId)

  /** What was written a moment ago may not be visible everywhere yet: it is asked for again before it is an error. */
  async function required(label: Label): Promise<S> {
    let value = await read(label)
    if (!upToDate(label, value)) {
      value = await patiently(
        () => fetch(label),
        (answer) => upToDate(label, answer),
        around.signal,
      )
      reads.set(label, Promise.resolve(value))
    }
    const version = label === 'AWSPENDING' ? ` for version ${token}` : ''
    if (value === undefined) {
      throw new RotationError('VersionMissing', `Secret ${secretId} has no ${label} value${version}.`)
    }
    if (upToDate(label, value)) return parse(value, label)
    throw new RotationError(
      'VersionConflict',
      `The ${label} value of secret ${secretId} is not that of version ${currentId}.`,
    )
  }
  return {
    prefetch(labels) {
      // A failed read is heard by whoever asks for the value; if the guard objects first, by nobody.
      for (const label of labels) read(label).catch(() => undefined)
    },
    currentIs(id) {
      currentId = id
    },
    async stored() {
      const value = await read('AWSPENDING')
      return value === undefined ? undefined : parse(value, 'AWSPENDING')
    },
    pending: () => required('AWSPENDING'),
    current: () => required('AWSCURRENT'),
    async previous() {
      const value = await read('AWSPREVIOUS')
      if (value === undefined) return undefined
      try {
        return parse(value, 'AWSPREVIOUS')
      } catch {
        return undefined // an older value of another shape must not stop a rotation that can do without it
      }
    },
  }
}

/** Conceals a whole SecretString and its sensitive fields, also of one that the type will refuse. */
export function concealSecret(text: string, sensitive: readonly string[], redactor: Redactor): void {
  redactor.add(text)
  try {
    const fields: unknown = JSON.parse(text)
    if (typeof fields !== 'object' || fields === null) return
    for (const [name, value] of Object.entries(fields)) {
      if (sensitive.includes(name) && (typeof value === 'string' || typeof value === 'number'))
        redactor.add(String(value))
    }
  } catch {
    // not JSON: the text as a whole is concealed
  }
}

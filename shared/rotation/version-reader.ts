import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import type { RotationContext } from './context.ts'
import type { RotationEvent } from './event.ts'
import { versionWith } from './guard.ts'
import { ownLabels } from './own-labels.ts'
import { patiently } from './patience.ts'
import type { Redactor } from './redact.ts'
import type { Label, SecretDescription, SecretForm, SecretStore, StoredValue } from './secret-store.ts'
import type { EarlierVersions, SecretType, Versions } from './secret-type.ts'

/** Reads each version at most once, and conceals what it read before anything else sees it. */
export interface VersionReader<S> extends Omit<Versions<S>, 'pending'>, EarlierVersions<S> {
  /** Starts reading now, so that the reads travel beside DescribeSecret. */
  prefetch(labels: readonly Label[]): void
  /** The pending value, or undefined where createSecret has not stored one yet. */
  stored(): Promise<S | undefined>
  /** What is stored under the token now, whatever was read before. */
  storedText(): Promise<string | undefined>
  /** The pending value that must be there. Throws VersionMissing. */
  pending(): Promise<S>
}

/**
 * @param description which version carries which label: a value of another version is out of date, and a label that no version
 *   carries need not be read
 */
export function createVersionReader<S>(
  type: SecretType<S>,
  event: RotationEvent,
  around: Pick<RotationContext, 'signal' | 'sleep'> & { readonly store: SecretStore; readonly redactor: Redactor },
  description: () => Promise<SecretDescription>,
): VersionReader<S> {
  const { secretId, token } = event
  const reads = new Map<Label, Promise<StoredValue | undefined>>()
  const labels = async () => (await description()).labels
  const idOf = async (label: Label) => versionWith(await labels(), label)

  async function concealed(version: Parameters<SecretStore['read']>[1]): Promise<StoredValue | undefined> {
    const value = await around.store.read(secretId, version)
    if (value?.text !== undefined) concealSecret(value.text, type, around.redactor)
    return value
  }
  const fetch = (label: Label) => concealed(label === 'AWSPENDING' ? { id: token, label } : { label })
  const storedText = async () => (await fetch('AWSPENDING'))?.text
  function once(label: Label, start: () => Promise<StoredValue | undefined>): Promise<StoredValue | undefined> {
    const started = reads.get(label) ?? start()
    reads.set(label, started)
    return started
  }
  const read = (label: Label) => once(label, () => fetch(label))
  function parse(value: StoredValue, label: Label): S {
    if (value.text !== undefined) return type.parse(value.text)
    const what = say`The ${ours(label)} value of secret ${secretId} is binary; this function rotates text.`
    throw new RotationError('InvalidSecret', what)
  }
  /** What was written a moment ago may not be visible everywhere yet: it is asked for again before it is an error. */
  async function upToDate(label: Label): Promise<StoredValue> {
    const id = label === 'AWSCURRENT' ? await idOf(label) : undefined
    const willDo = (answer: StoredValue | undefined) => answer !== undefined && (id === undefined || answer.id === id)
    let value = await read(label)
    if (!willDo(value)) {
      value = await patiently(() => fetch(label), willDo, around)
      reads.set(label, Promise.resolve(value))
    }
    const version = label === 'AWSPENDING' ? say` for version ${token}` : ours('')
    if (value === undefined) {
      throw new RotationError('VersionMissing', say`Secret ${secretId} has no ${ours(label)} value${version}.`)
    }
    if (willDo(value)) return value
    throw new RotationError(
      'VersionConflict',
      say`The ${ours(label)} value of secret ${secretId} is not that of version ${ours(String(id))}.`,
    )
  }
  const required = async (label: Label) => parse(await upToDate(label), label)
  return {
    prefetch(labels) {
      // A failed read is reported where the value is used; if the guard objects first, nowhere.
      for (const label of labels) read(label).catch(() => undefined)
    },
    async stored() {
      const value = await read('AWSPENDING')
      return value === undefined ? undefined : parse(value, 'AWSPENDING')
    },
    storedText,
    isStored: async () => (await storedText()) !== undefined,
    isStillPending: async () => (await storedText()) !== undefined,
    async labelledByOthers() {
      const versions = [...(await labels())].flatMap(([id, held]) => {
        const label = held.find((each) => !each.startsWith('AWS'))
        return label === undefined ? [] : [concealed({ id, label })]
      })
      return (await Promise.all(versions)).flatMap((value) => value?.text ?? [])
    },
    pending: () => required('AWSPENDING'),
    current: () => required('AWSCURRENT'),
    async previous() {
      // By its id: a run that has slept through later rotations must not take a key of theirs for the one before.
      const id = await idOf('AWSPREVIOUS')
      const value =
        id === undefined ? undefined : await once('AWSPREVIOUS', () => concealed({ id, label: 'AWSPREVIOUS' }))
      if (value === undefined) return undefined
      try {
        return parse(value, 'AWSPREVIOUS')
      } catch {
        return undefined // an older value of another shape must not stop a rotation that can do without it
      }
    },
    own: ownLabels(type, event, around, {
      description,
      fetch: concealed,
      current: () => upToDate('AWSCURRENT'),
      storedText,
    }),
    async isRehearsal() {
      const [pending, current] = await Promise.all([upToDate('AWSPENDING'), upToDate('AWSCURRENT')])
      return pending.text === current.text
    },
  }
}

/** Conceals a whole SecretString and what the form calls sensitive; all values in it, where the form refuses it. */
export function concealSecret<S>(text: string, form: SecretForm<S>, redactor: Redactor): void {
  const { line, values } = lineAndValues(text)
  redactor.add(line)
  let secret: S
  try {
    secret = form.parse(text)
  } catch {
    redactor.add(...values)
    return
  }
  redactor.add(...form.sensitive(secret))
}

/**
 * What to conceal of a SecretString. The text as one line: of one with several lines each would count as a secret, and for
 * a line as short as a brace or a port all words of others would be withheld. And all texts and numbers in it, at any depth.
 */
function lineAndValues(text: string): { readonly line: string; readonly values: readonly string[] } {
  const values: string[] = []
  try {
    const json: unknown = JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === 'string' || typeof value === 'number') values.push(String(value))
      return value
    })
    return { line: JSON.stringify(json), values }
  } catch {
    return { line: text, values }
  }
}

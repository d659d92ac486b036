import type { RotationEvent } from './event.ts'
import { versionWith } from './guard.ts'
import type { SecretDescription, SecretForm, SecretStore, StoredValue } from './secret-store.ts'
import type { OwnLabels, Version } from './secret-type.ts'

/** How a step reads. */
interface Reading {
  description(): Promise<SecretDescription>
  /** Conceals what it reads. */
  fetch(version: Parameters<SecretStore['read']>[1]): Promise<StoredValue | undefined>
  current(): Promise<StoredValue>
  storedText(): Promise<string | undefined>
}

/** What a type with labels of its own may see and move. */
export function ownLabels<S>(
  form: SecretForm<S>,
  { secretId }: RotationEvent,
  { store }: { readonly store: SecretStore },
  { description, fetch, current, storedText }: Reading,
): OwnLabels<S> {
  const labels = async () => (await description()).labels
  return {
    labels,
    labelsNow: async () => (await store.describe(secretId)).labels,
    async version(label) {
      if (label === 'AWSCURRENT') return versionOf(await current(), form)
      const id = versionWith(await labels(), label)
      return id === undefined ? undefined : versionOf(await fetch({ id, label }), form)
    },
    async storedNow() {
      const text = await storedText()
      return text === undefined ? undefined : form.parse(text)
    },
    move: (label, move) => store.moveLabel(secretId, label, move),
    putAgain: ({ id, text }, label) => store.putAgain(secretId, { id, text }, label),
    rotationDays: async () => (await description()).rotationDays,
  }
}

function versionOf<S>(value: StoredValue | undefined, form: SecretForm<S>): Version<S> | undefined {
  if (value?.text === undefined || value.id === undefined) return undefined
  return { id: value.id, text: value.text, secret: form.parse(value.text), created: value.created?.getTime() ?? 0 }
}

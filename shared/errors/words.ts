/**
 * A sentence whose parts are told apart: our own words, which may always be shown, and what comes from outside (a server's
 * words, names and hosts out of a secret), which may hold a secret value. As a text it is not redacted.
 */
export interface Words {
  readonly parts: readonly Part[]
  toString(): string
}

interface Part {
  readonly text: string
  readonly ours: boolean
}

type Value = Words | string | number | undefined

/**
 * Tag of a template: what stands in it is ours, what is put into it comes from outside, unless it is words itself or a
 * number, which no text of ours can be mistaken for.
 */
export function say(strings: TemplateStringsArray, ...values: readonly Value[]): Words {
  return words(
    strings.flatMap((text, index) => [{ text, ours: true }, ...(index < values.length ? partsOf(values[index]) : [])]),
  )
}

/** Marks what is put into words as ours, though it is not written there: a code, a name of the event, a choice of words. */
export function ours(text: string): Words {
  return words([{ text, ours: true }])
}

/**
 * A code or a name that says of which kind a failure is, as Node, drivers, AWS and SQL servers write it: nobody makes it out of
 * a secret. Of any other form it is taken for a text from outside.
 */
export function kind(code: string): Words {
  return words([{ text: code, ours: isKind(code) }])
}

/** Whether a text has the form of such a code. */
export function isKind(text: string): boolean {
  return /^[A-Z0-9_]{2,40}$|^(?:[A-Z][A-Za-z0-9]{1,60})?(?:Error|Exception|Fault)$/.test(text)
}

/** Several, one after another. */
export function joined(list: readonly (Words | string)[], separator = ', '): Words {
  return words(
    list.flatMap((each, index) => [...(index === 0 ? [] : [{ text: separator, ours: true }]), ...partsOf(each)]),
  )
}

/** A bare text is taken for one from outside. */
export function partsOf(value: Value): readonly Part[] {
  if (typeof value === 'object') return value.parts
  return [{ text: String(value), ours: typeof value !== 'string' }]
}

function words(parts: readonly Part[]): Words {
  return { parts, toString: () => parts.map(({ text }) => text).join('') }
}

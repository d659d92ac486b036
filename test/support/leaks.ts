/** Where a value was found in a text, and in which form. */
export interface Leak {
  readonly form: string
  readonly around: string
}

type Decoder = (text: string) => string

/**
 * What a text says when it is read as something that is encoded. Looking for the value in the decoded text, instead of
 * for encoded values in the text, finds it at any position and in any alignment.
 */
const decoders: Readonly<Record<string, Decoder>> = {
  'as it is': (text) => text,
  'percent-encoded': (text) =>
    text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString()),
  'form-encoded': (text) =>
    text
      .replaceAll('+', ' ')
      .replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString()),
  'JSON-escaped': unescapeJson,
  'JSON-escaped twice': (text) => unescapeJson(unescapeJson(text)),
  'SQL-quoted': (text) => text.replaceAll("''", "'").replaceAll('""', '"'),
  'SQL-quoted with backslashes': (text) => text.replaceAll("''", "'").replaceAll('\\\\', '\\'),
  hex: (text) => decodedRuns(text, /[0-9a-f]{12,}/gi, 'hex', 2),
  base64: (text) => decodedRuns(text, /[A-Za-z0-9+/]{8,}/g, 'base64', 4),
  base64url: (text) => decodedRuns(text, /[A-Za-z0-9_-]{8,}/g, 'base64url', 4),
}

/**
 * @param values also what only should be a text: a secret with a number for a password
 * @returns where one of the values is found, in any form
 */
export function findLeak(text: string, values: readonly string[]): Leak | undefined {
  const find = finderOf(values.map((value) => Buffer.from(String(value))).filter(({ length }) => length > 0))
  for (const [form, decode] of Object.entries(decoders)) {
    const read = decode(text)
    // Most texts are encoded in few of the ways: what says the same as before is not gone through again.
    if (form !== 'as it is' && read === text) continue
    const decoded = Buffer.from(read)
    const { at, length } = find(decoded) ?? { at: -1, length: 0 }
    if (at >= 0) return { form, around: decoded.subarray(Math.max(0, at - 120), at + length + 40).toString() }
  }
  return undefined
}

const headBytes = 3
/** Which three bytes some value begins with. */
const heads = new Uint8Array(1 << (8 * headBytes))

/** Finds one of hundreds of values in megabytes, going through them once and not once for each value. */
function finderOf(values: readonly Buffer[]): (text: Buffer) => { at: number; length: number } | undefined {
  const [short, long] = [true, false].map((is) => values.filter((value) => value.length < headBytes === is))
  const byHead = Map.groupBy(long ?? [], (value) => value.readUIntLE(0, headBytes))
  return (text) => {
    for (const value of short ?? []) if (text.includes(value)) return { at: text.indexOf(value), length: value.length }
    for (const head of byHead.keys()) heads[head] = 1
    try {
      let window = 0
      for (let end = 0; end < text.length; end++) {
        window = (window >>> 8) | ((text[end] ?? 0) << (8 * (headBytes - 1)))
        if (end < headBytes - 1 || heads[window] === 0) continue
        const at = end - headBytes + 1
        const found = byHead.get(window)?.find((value) => value.equals(text.subarray(at, at + value.length)))
        if (found !== undefined) return { at, length: found.length }
      }
      return undefined
    } finally {
      for (const head of byHead.keys()) heads[head] = 0
    }
  }
}

function unescapeJson(text: string): string {
  const plain: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, mark: string) =>
    code === undefined ? (plain[mark] ?? mark) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}

function decodedRuns(text: string, runs: RegExp, encoding: BufferEncoding, alignments: number): string {
  return (text.match(runs) ?? [])
    .flatMap((run) =>
      Array.from({ length: alignments }, (_, start) => Buffer.from(run.slice(start), encoding).toString()),
    )
    .join('\n')
}

/**
 * The forms in which a secret value turns up in what others say: itself and, where it has several lines (a PEM text), each
 * of them, with either end of line; and each of these as it is, in JSON (also twice), in SQL, in a URL, in a form, in base64
 * (also in the middle of a longer text, such as `user:password`, where it is shifted by one or two bytes), in hex.
 */
export function formsOf(value: string): string[] {
  return [...new Set(pieces(value).flatMap(encodings))].filter((form) => form !== '')
}

/** Shorter ones would mask half of any text, and a fragment of a few characters gives little away. */
export const shortest = 8

/** What others make of a text that has lines or blanks around it: they trim it, and quote single lines of it. */
function pieces(value: string): string[] {
  const plain = value.replaceAll(/\r\n?/g, '\n')
  if (plain === value && value.trim() === value && !value.includes('\n')) return [value]
  const whole = [value, plain, plain.replaceAll('\n', '\r\n')].flatMap((text) => [text, text.trim()])
  return [...whole, ...linesOf(plain).filter((line) => line.length >= shortest)]
}

/** The lines that hold something. Armour says what is in a PEM text, and not what it is. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/.test(line))
}

/** Whether a value cannot be found reliably in a text: too short, or made of lines that are. The last line of a PEM text is. */
export function isTooShort(value: string): boolean {
  if (value.trim().length < shortest) return true
  const lines = linesOf(value.replaceAll(/\r\n?/g, '\n'))
  return !value.includes('-----BEGIN ') && lines.some((line) => line.length < shortest)
}

function encodings(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1)
  // Half of a surrogate pair has no URL form.
  const url = value.isWellFormed() ? encodeURIComponent(value) : value
  const form = new URLSearchParams([['', value]]).toString().slice(1)
  const forms = [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    url,
    form,
    lowerHex(url),
    lowerHex(form),
    escaped(value),
  ]
  forms.push(value.replaceAll("'", "''"), value.replaceAll('\\', '\\\\').replaceAll("'", "''"))
  const bytes = Buffer.from(value)
  forms.push(bytes.toString('base64'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'))
  if (bytes.length >= shortest)
    forms.push(...shifted(bytes), bytes.toString('hex'), bytes.toString('hex').toUpperCase())
  return forms
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '0',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\r': 'r',
  '\u001a': 'Z',
}

/** As MySQL's drivers write a text between quotes (MySQL manual, "String Literals"). */
function escaped(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
  return value.replaceAll(/[\0\b\t\n\r\u001a'"\\]/g, (mark) => `\\${escapes[mark] ?? mark}`)
}

/** Base64 of the bytes as they look one or two bytes further into a text, less the characters that neighbours change. */
function shifted(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const whole = text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

function lowerHex(text: string): string {
  return text.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())
}

import { zipSync } from 'fflate'

/** The first moment that a zip can name. It is in the machine's time zone, because fflate writes it in that. */
const time = new Date(1980, 0, 1)
/** Unix, so that the permissions count: a file that everybody may read, as Lambda wants it. */
const unix = 3
const readable = 0o100644 * 2 ** 16

/**
 * Packs files so that the same files always give the same bytes: in the order of their names, without the time and the user
 * that packed them. fflate compresses in JavaScript: Node's zlib gives other bytes on another processor.
 * @throws Error of fflate, where a name is too long
 */
export function zipOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const names = Object.keys(files).sort()
  const entries = names.map((name) => [name, files[name] ?? new Uint8Array()])
  return zipSync(Object.fromEntries(entries), { level: 9, mtime: time, os: unix, attrs: readable })
}

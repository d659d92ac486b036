import { zipSync } from 'fflate'

/** The first moment that a zip can name. fflate reads it in the machine's time zone, and so it is written in it. */
const time = new Date(1980, 0, 1)
/** Of Unix, so that the permissions count: a file that everybody may read, as Lambda wants it. */
const unix = 3
const readable = 0o100644 * 2 ** 16

/**
 * Packs files so that the same files always give the same bytes: in the order of their names, without times and whoever packed
 * them. fflate compresses in JavaScript: Node's zlib gives other bytes on another processor.
 * @throws Error of fflate, where a name is too long
 */
export function zipOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const names = Object.keys(files).sort()
  const entries = names.map((name) => [name, files[name] ?? new Uint8Array()])
  return zipSync(Object.fromEntries(entries), { level: 9, mtime: time, os: unix, attrs: readable })
}

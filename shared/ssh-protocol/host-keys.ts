import { fingerprint, parsePublicKey } from './public-key.ts'

/** The keys by which a host is known. */
export interface HostKeys {
  readonly fingerprints: ReadonlySet<string>
  /** What to ask the host for, where each kind of key is known: it shows one of several. */
  readonly algorithms: readonly string[] | undefined
}

/** Names of signatures by kinds of keys, where they are not the same (RFC 8332 §3). */
const signatures: Readonly<Record<string, readonly string[]>> = { 'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'] }

/**
 * Reads host keys as they are shown in many places: `ssh-ed25519 AAAA…` (a .pub file), the same with the host's name before
 * it (ssh-keyscan, known_hosts), or `SHA256:…`.
 * @returns undefined where one of them is something else
 */
export function parseHostKeys(texts: readonly string[]): HostKeys | undefined {
  const fingerprints = new Set<string>()
  const algorithms: string[] = []
  let eachKindIsKnown = true
  for (const text of texts.map((each) => each.trim())) {
    if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text)) {
      fingerprints.add(text.slice(0, 50))
      eachKindIsKnown = false
      continue
    }
    const key = parsePublicKey(text) ?? parsePublicKey(text.replace(/^\S+\s+/, ''))
    if (key === undefined) return undefined
    fingerprints.add(fingerprint(key.blob))
    algorithms.push(...(signatures[key.type] ?? [key.type]))
  }
  return { fingerprints, algorithms: eachKindIsKnown && algorithms.length > 0 ? [...new Set(algorithms)] : undefined }
}

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'

/** The server's default (`scram_iterations`). More would slow down every login and add nothing to 190 random bits. */
const iterations = 4096

/**
 * The SCRAM-SHA-256 verifier that PostgreSQL stores (RFC 5803; PostgreSQL manual, "pg_authid"): it reaches the server's
 * log where a statement is logged, and nobody can log in with it.
 * @param salt 16 bytes
 */
export function scramVerifier(password: string, salt: Buffer): string {
  const prepared = saslPrep(password)
  // The server would take it for "no password", and let nobody in.
  if (prepared === '')
    throw new RotationError('InvalidSecret', say`"password" in the secret has no character that counts.`)
  const salted = pbkdf2Sync(prepared, salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  const serverKey = hmac('Server Key').toString('base64')
  const verifier = `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`
  // The server takes a malformed verifier for a password in clear text, and says nothing.
  if (/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/.test(verifier)) return verifier
  throw new Error('made a malformed SCRAM verifier')
}

/**
 * The same for every run of one rotation: a repeated setSecret then sends the identical verifier, and poolers that keep
 * keys derived from it (PgBouncer) are not thrown out again.
 */
export function saltFor(token: string, username: string): Buffer {
  return createHash('sha256').update(`${token}\0${username}`).digest().subarray(0, 16)
}

/** RFC 4013 as far as `pg` follows it, or else a password put by hand would log in nowhere. ASCII stays as it is. */
function saslPrep(password: string): string {
  return password
    .replaceAll(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ')
    .replaceAll(/\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g, '')
    .normalize('NFKC')
}

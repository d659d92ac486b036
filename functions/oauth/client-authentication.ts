import { createPrivateKey, type KeyObject, type webcrypto, X509Certificate } from 'node:crypto'
import { type ClientAuth, ClientSecretBasic, ClientSecretPost, None, PrivateKeyJwt, TlsClientAuth } from 'oauth4webapi'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import type { ClientCertificate } from '../../shared/http/client.ts'
import { textIn } from '../../shared/json-secret.ts'
import type { Method } from './description.ts'
import type { OauthSecret } from './secret.ts'

/** How a client proves who it is in one request. */
export interface Authentication {
  readonly method: Method
  readonly authenticate: ClientAuth
  /** What TLS is done with, where that is the proof (RFC 8705). */
  readonly certificate: ClientCertificate | undefined
}

/**
 * What the secret has for the method that the provider's entry names. Another method is never tried.
 * @throws RotationError InvalidSecret, which names the field that is missing or cannot be used
 */
export async function authenticationOf(method: Method, secret: OauthSecret): Promise<Authentication> {
  if (method === 'none') return { method, authenticate: None(), certificate: undefined }
  if (method === 'tls_client_auth') {
    const certificate = needed('certificate', method, secret)
    const key = needed('private_key', method, secret)
    checkPair(certificate, key)
    return { method, authenticate: TlsClientAuth(), certificate: { certificate, key } }
  }
  if (method === 'private_key_jwt') {
    const key = await cryptoKey(needed('private_key', method, secret))
    const kid = textIn(secret.json, 'key_id')
    const authenticate = PrivateKeyJwt(kid === undefined ? key : { key, kid })
    return { method, authenticate, certificate: undefined }
  }
  const clientSecret = needed('client_secret', method, secret)
  const authenticate =
    method === 'client_secret_post' ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret)
  return { method, authenticate, certificate: undefined }
}

function needed(name: string, method: Method, { json }: OauthSecret): string {
  const value = textIn(json, name)
  // A form and a percent-encoded header carry any text but half of a character.
  if (value?.isWellFormed() === true) return value
  const what = value === undefined ? say`is missing in the secret` : say`in the secret is no well-formed text`
  throw new RotationError('InvalidSecret', say`"${ours(name)}" ${what}.`, {
    likely: say`The provider's entry says ${ours(method)} in "client_authentication", for which it is needed.`,
    remedy: say`Put it into the secret with put-secret-value; or correct "client_authentication" of the entry.`,
  })
}

/** @throws RotationError InvalidSecret; what the parser says is dropped */
function checkPair(certificate: string, key: string): void {
  try {
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) return
  } catch {
    // What cannot be read is no pair either.
  }
  throw new RotationError('InvalidSecret', say`"certificate" and "private_key" in the secret are no pair.`, {
    likely: say`One of them was renewed without the other, is encrypted, or is no PEM text.`,
  })
}

/** @throws RotationError InvalidSecret; what the parser says is dropped, for it may quote the key */
async function cryptoKey(pem: string): Promise<webcrypto.CryptoKey> {
  try {
    const key = createPrivateKey(pem)
    return key.toCryptoKey(algorithmOf(key), false, ['sign'])
  } catch {
    throw new RotationError('InvalidSecret', say`"private_key" in the secret is no key that can sign an assertion.`, {
      likely: say`It is encrypted, no PEM text, or of a kind that JWTs know no algorithm for.`,
      remedy: say`Put an RSA key, an EC key (P-256, P-384, P-521) or an Ed25519 key there, as a PEM text without a passphrase.`,
    })
  }
}

/** RSA keys sign as RS256, which servers must know (RFC 7518 §3.1 recommends it); others leave no choice. */
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject) {
  if (asymmetricKeyType === 'ed25519') return { name: 'Ed25519' }
  if (asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const curves: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }
  return { name: 'ECDSA', namedCurve: curves[asymmetricKeyDetails?.namedCurve ?? ''] ?? '' }
}

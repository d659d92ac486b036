import type { ErrorDetails } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import type { networkErrors } from './error-codes.ts'

/** Why TLS did not come about, where it was TLS. */
export interface TlsProblem {
  readonly code: keyof typeof networkErrors
  /** Whether a certificate was not accepted; else TLS did not come so far. */
  readonly isCertificate: boolean
  /** What is known beyond the code's general cause and remedy. */
  readonly details: ErrorDetails
}

// The codes of Node's manual, "X509 certificate error codes", and of its check of names.
const wrongName = ['ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_TLS_CERT_ALTNAME_FORMAT', 'HOSTNAME_MISMATCH']

const untrusted = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]

/** About certificates that no authority's file would mend. */
const unsuitable = [
  'CERT_REVOKED',
  'CERT_REJECTED',
  'CERT_CHAIN_TOO_LONG',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
  'CRL_SIGNATURE_FAILURE',
  'CRL_NOT_YET_VALID',
  'CRL_HAS_EXPIRED',
  'ERROR_IN_CRL_LAST_UPDATE_FIELD',
  'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
  // Node's name for whatever OpenSSL has found out since that list was made: keys and digests that are too weak, mostly.
  'UNSPECIFIED',
]

const likelyOfCertificate: Readonly<Record<string, ErrorDetails>> = {
  CERT_HAS_EXPIRED: {
    likely: say`The certificate, or that of its authority, has expired.`,
    remedy: say`Renew the certificate on the server.`,
  },
  CERT_NOT_YET_VALID: {
    likely: say`The certificate is valid from a later date on, or the clock of the machine that made it was wrong.`,
    remedy: say`Wait for that date, or renew the certificate on the server.`,
  },
  INVALID_PURPOSE: {
    likely: say`The certificate was made for something else than a server (its extended key usage lacks serverAuth), or its issuer is no authority.`,
  },
}

/** Node makes these of OpenSSL's reasons; which of them there are depends on the version, so they are known by their words. */
const aboutProtocol: readonly (readonly [words: RegExp, code: TlsProblem['code'], details: ErrorDetails])[] = [
  [
    /WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|PACKET_LENGTH_TOO_LONG|RECORD_TOO_SMALL|UNKNOWN_PROTOCOL$/,
    'TlsUnavailable',
    { likely: say`What answers there does not speak TLS: another service, a proxy, or a wrong port.` },
  ],
  [
    /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_(LOW|HIGH)|INAPPROPRIATE_FALLBACK|WRONG_SSL_VERSION|NO_PROTOCOLS/,
    'TlsIncompatible',
    { likely: say`The server speaks TLS 1.0 or 1.1 only, or an older SSL; the function asks for TLS 1.2 at least.` },
  ],
  [
    /CERTIFICATE_REQUIRED|ALERT_(BAD|NO|UNSUPPORTED)_CERTIFICATE|ALERT_CERTIFICATE_|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED/,
    'TlsIncompatible',
    {
      likely: say`The server, or a proxy before it, asks for a client certificate. The function has none.`,
      remedy: say`Let logins with a password in without a client certificate, or do not rotate this login.`,
    },
  ],
  [
    /KEY_TOO_SMALL|MD_TOO_WEAK|MODULUS_TOO_SMALL|BAD_DH_VALUE|DH_PARAM_SIZE|BAD_ECPOINT|WEAK/,
    'CertificateUnsuitable',
    {
      likely: say`A key of the server, or a parameter of its key exchange, is too weak: 2,048 bits are the least for RSA.`,
    },
  ],
  [
    /HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY|NO_SHARED|NO_SUITABLE|NO_CIPHER|WRONG_CIPHER|UNKNOWN_CIPHER|ILLEGAL_PARAMETER|WRONG_CURVE/,
    'TlsIncompatible',
    {
      likely: say`Server and function have no cipher or key exchange in common; or, with TLS 1.2, the server asks for a client certificate, which the function has not.`,
    },
  ],
  // Faults on the way or of the moment: the same attempt may succeed.
  [/ALERT_INTERNAL_ERROR|BAD_RECORD_MAC|DECRYPTION_FAILED|USER_CANCELL?ED/, 'TlsIncompatible', { retryable: true }],
]

/**
 * What a failed connection failed of, if it was TLS: no code of OpenSSL or Node that is about TLS is left to be taken for
 * a server that does not answer.
 * @param code Node's: `CERT_HAS_EXPIRED`, `ERR_SSL_...`, `ERR_TLS_...`, `ERR_OSSL_...`, `EPROTO`
 * @param message Node's, too: with EPROTO the reason is in it alone
 * @returns undefined where it was something else
 */
export function tlsProblem(code: string, message: string): TlsProblem | undefined {
  const certificate = aboutCertificate(code)
  if (certificate !== undefined)
    return { code: certificate, isCertificate: true, details: likelyOfCertificate[code] ?? {} }
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT' || !/^(ERR_(SSL|TLS|OSSL)_|EPROTO$)/.test(code)) return undefined
  const reason = code === 'EPROTO' ? reasonIn(message) : code
  const [, kind, details] = aboutProtocol.find(([words]) => words.test(reason)) ?? []
  const found = kind ?? 'TlsIncompatible'
  return { code: found, isCertificate: found === 'CertificateUnsuitable', details: details ?? {} }
}

function aboutCertificate(code: string): TlsProblem['code'] | undefined {
  if (wrongName.includes(code)) return 'CertificateNameMismatch'
  if (untrusted.includes(code)) return 'CertificateUntrusted'
  return unsuitable.includes(code) ? 'CertificateUnsuitable' : undefined
}

/** `write EPROTO ID:error:NUMBER:SSL routines:FUNCTION:tlsv1 alert protocol version:FILE...`, as Node would write it as a code. */
function reasonIn(message: string): string {
  const [, reason = ''] = /:SSL routines:[^:]*:([^:]+):/.exec(message) ?? []
  return reason.toUpperCase().replaceAll(' ', '_')
}

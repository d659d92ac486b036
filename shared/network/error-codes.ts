import { generalErrors } from '../errors/general-error.ts'

/** What reaching anything can fail with, whatever answers there. */
export const networkErrors = generalErrors({
  TimedOut: {
    cause: 'Something outside answered too slowly, a lock was waited for, or the timeout of the function is too short.',
    remedy:
      'Give the function 30 seconds or more; check the network to what is named above, and who holds locks there.',
    retryable: true,
  },
  Unreachable: {
    cause: 'A security group, a route, a stopped server or a wrong host or port.',
    remedy: "Check host and port, and that the server's security group admits the function's.",
    retryable: true,
  },
  NoAnswer: {
    cause:
      'Something accepts connections there but is no healthy server of that kind: a load balancer, a wrong port, a hung server.',
    remedy: 'Check host and port, and the health of the server.',
    retryable: true,
  },
  TlsUnavailable: {
    cause: 'TLS is not set up on the server, or the port is that of something else.',
    remedy: 'Set up TLS on the server.',
    retryable: false,
  },
  TlsIncompatible: {
    cause:
      'Server and function have no version or cipher of TLS in common, or the server asks for a client certificate.',
    remedy:
      'Let the server offer TLS 1.2 or 1.3 with its usual ciphers, and let the login in without a client certificate.',
    retryable: false,
  },
  CertificateUnsuitable: {
    cause:
      'The certificate, or one of its authorities, has too short a key or a weak digest (SHA-1), was made for another purpose, or was revoked.',
    remedy:
      'Give the server a certificate for servers (serverAuth), signed with SHA-256 or better, with 2,048 bits or more for RSA.',
    retryable: false,
  },
  CertificateUntrusted: {
    cause: "The server's certificate is signed by an authority that the function does not know, or has expired.",
    remedy: 'Give the function the PEM file of the authority, or renew the certificate.',
    retryable: false,
  },
  CertificateNameMismatch: {
    cause: 'The host is an alias (CNAME) or an address that the certificate does not name.',
    remedy: "Use the server's own name as host.",
    retryable: false,
  },
})

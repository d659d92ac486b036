import type { GeneralError } from '../errors/general-error.ts'

/** The part of the error catalogue that is about requests to services over HTTPS. */
export const httpErrors = {
  HostNotAllowed: {
    cause: 'The host is not listed for this function; or the secret or a description names another one than was meant.',
    remedy:
      'If credentials may be sent to this host, list it in the variable that is named above, exactly as it is written here; else correct the secret.',
    retryable: false,
  },
  AddressNotAllowed: {
    cause: 'The name belongs to a private network, or its DNS was changed to point to one.',
    remedy:
      'If the service is in a private network of yours, list its host among the private ones, too. Addresses of the machine itself and link-local ones are never dialled.',
    retryable: false,
  },
  AnswerUnusable: {
    cause: 'A proxy, a firewall or a page of maintenance answers in the place of the service.',
    remedy: 'Check the host, and what stands between the function and the service.',
    retryable: true,
  },
} as const satisfies Record<string, GeneralError>

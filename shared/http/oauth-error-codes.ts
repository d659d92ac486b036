import type { GeneralError } from '../errors/general-error.ts'

/** What authorization servers say, and what becomes of grants. */
export const oauthErrors = {
  ClientRefused: {
    cause: 'The client secret was replaced or has expired, or the provider wants another way of client authentication.',
    remedy:
      "Correct the client's fields of the secret with put-secret-value; or correct client_authentication of the provider's entry.",
    retryable: false,
  },
  GrantRefused: {
    cause: 'The grant has ended: it was revoked, has expired, or its refresh token was used by somebody else.',
    remedy: 'Authorize the client again, and put the new tokens into the secret with put-secret-value.',
    retryable: false,
  },
} as const satisfies Record<string, GeneralError>

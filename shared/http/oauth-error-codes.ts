import { generalErrors } from '../errors/general-error.ts'

/** What authorization servers say, and what becomes of grants. */
export const oauthErrors = generalErrors({
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
  ReauthorizationRequired: {
    cause:
      'The refresh token was used, and what it was answered is lost; or the grant was revoked or has expired. No machine can mend that.',
    remedy:
      'Authorize the client again, and put the new tokens into the secret with put-secret-value. Then start a rotation.',
    retryable: false,
  },
  TokenRefused: {
    cause:
      'The grant was revoked a moment ago, or the probe of the entry asks for a right that the token does not have.',
    remedy:
      'Try the same request by hand with the pending access token; then correct the entry, or authorize the client again.',
    retryable: true,
  },
  TokenUnclear: {
    cause:
      'The provider answers the probe in a way that the entry does not know: it has a fault, or asks for a right that the token lacks.',
    remedy:
      'Nothing, if a later attempt succeeds. If the status is how the provider greets a good token, add it to `alive` of the probe.',
    retryable: true,
  },
  TokenTooShort: {
    cause: 'Most access tokens live for an hour, and Secrets Manager rotates by schedule every four hours at the most.',
    remedy:
      'Start rotations from EventBridge Scheduler (examples/oauth-on-demand.yaml) and put "on_demand": true into the secret; or let the application ask for tokens itself, and rotate its client secret.',
    retryable: false,
  },
  TokenOdd: {
    cause: 'The provider has changed what it grants, or the client was configured anew.',
    remedy: 'Look at the pending value: it holds all that was given. The next rotation asks for a new answer.',
    retryable: false,
  },
})

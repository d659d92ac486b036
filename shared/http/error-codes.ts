import { generalErrors } from '../errors/general-error.ts'

/** What requests to services over HTTPS fail of, and what a provider of keys says. */
export const httpErrors = generalErrors({
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
  ProviderUnknown: {
    cause: 'The name is misspelt, or the file with its description is not in the function.',
    remedy:
      'Name one of the providers of docs/api-keys.md, or describe this one in a file and name that in API_KEY_PROVIDERS.',
    retryable: false,
  },
  InvalidDescription: {
    cause: 'The description was written for another version, or has a slip.',
    remedy: 'Correct the member that is named above; docs/api-key-provider.schema.json says what may stand where.',
    retryable: false,
  },
  AdminNotAllowed: {
    cause: 'Who may write the secret could otherwise have the function use any other secret that it can read.',
    remedy:
      'List the ARN in ADMIN_SECRET_ARNS (AdminSecretArns in the template), or take admin_secret_arn out of the secret.',
    retryable: false,
  },
  ProviderRefused: {
    cause:
      'The key that manages the others lacks a right, has expired or was revoked; or a field of the secret is wrong.',
    remedy:
      "Try the same request by hand with the managing key; the provider's documentation says what the status means.",
    retryable: false,
  },
  ProviderFailed: {
    cause: 'The provider has a fault of its own, or limits how often it may be asked.',
    remedy: 'Wait: Secrets Manager tries the rotation again. If it lasts, look at the status page of the provider.',
    retryable: true,
  },
  KeyRefused: {
    cause: 'The new key is not yet known everywhere; or it was revoked, or its owner lost its rights.',
    remedy:
      'Nothing, if a later attempt succeeds; else look at the key in the console of the provider. If it is gone, remove AWSPENDING with update-secret-version-stage, then rotate again.',
    retryable: true,
  },
  KeyUnclear: {
    cause: 'The provider has a fault, limits how often it may be asked, or a firewall answers in its place.',
    remedy:
      'Nothing, if a later attempt succeeds. If the status is how the provider greets a good key, add it to `alive` of its description.',
    retryable: true,
  },
  KeyMismatch: {
    cause: 'The value was put together by hand, or the secret names another account than its key is of.',
    remedy: 'Correct the secret with put-secret-value: key_id, params and api_key must be of the same key.',
    retryable: false,
  },
})

import { generalErrors } from '../errors/general-error.ts'

/** What Transfer Family can fail with. */
export const transferErrors = generalErrors({
  TransferUserMissing: {
    cause: 'The user or the server was deleted, or lies in another account or Region than the function.',
    remedy: 'Correct server_id and username in the secret; "aws transfer list-users --server-id ID" shows the users.',
    retryable: false,
  },
  TransferUnreachable: {
    cause:
      'A function in a VPC has no route to the API of AWS Transfer Family: no endpoint, no NAT, or a security group in the way.',
    remedy:
      "Give the function's subnets an interface endpoint for it (com.amazonaws.REGION.transfer) or NAT, or take the function out of the VPC.",
    retryable: true,
  },
  TransferFailed: {
    cause:
      'AWS Transfer Family throttled the call or had a fault of its own, and went on doing so when it was repeated.',
    remedy:
      'Wait: Secrets Manager tries the rotation again. If it lasts, look for what else asks AWS Transfer Family much.',
    retryable: true,
  },
  TransferKeyLimit: {
    cause: 'A user of AWS Transfer Family may have 50 keys, and other people have put theirs there.',
    remedy: 'Delete keys that nobody uses: "aws transfer describe-user" shows them, delete-ssh-public-key deletes one.',
    retryable: false,
  },
})

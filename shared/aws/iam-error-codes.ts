import { generalErrors } from '../errors/general-error.ts'

/** What IAM and STS can fail with, and the two slots for access keys that an IAM user has. */
export const iamErrors = generalErrors({
  IamUnreachable: {
    cause: 'A function in a VPC has no route to IAM or STS: no NAT, or a security group in the way.',
    remedy:
      'Take the function out of the VPC, or give its subnets NAT: IAM answers in one Region alone, whose endpoint most VPCs cannot have.',
    retryable: true,
  },
  IamFailed: {
    cause: 'IAM or STS throttled the call or had a fault of its own.',
    remedy:
      'Wait: Secrets Manager tries the rotation again. If it lasts, look for what else calls IAM in the account: its limits are low.',
    retryable: true,
  },
  AccessKeyUnknown: {
    cause: 'The key belongs to a user of another account than the function, or was deleted a moment ago.',
    remedy: "Rotate the secret with a function in the user's own account; no function makes keys in another one.",
    retryable: false,
  },
  AccessKeySlotTaken: {
    cause: 'Somebody has made a key by hand, or another secret rotates the keys of the same user.',
    remedy: 'Find out who uses the key, then free its place with the command that is named above.',
    retryable: false,
  },
  AccessKeySlotBusy: {
    cause: 'Another run of the same rotation has just made its key, or was killed before it could store it.',
    remedy:
      'Wait: Secrets Manager tries the rotation again. A run that begins one timeout of the function later deletes a key that was never stored.',
    retryable: true,
  },
})

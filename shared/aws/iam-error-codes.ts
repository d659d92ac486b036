import { generalErrors } from '../errors/general-error.ts'

/** What the two slots for access keys of an IAM user can be in the way with. */
export const accessKeyErrors = generalErrors({
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

import { generalErrors } from '../errors/general-error.ts'

/** What the protocol itself can fail with. */
export const protocolErrors = generalErrors({
  InvalidEvent: {
    cause: 'The function was not invoked by Secrets Manager, or with a hand-made event.',
    remedy: 'Start the rotation with rotate-secret, or send an event like those in events/.',
    retryable: false,
  },
  InvalidStep: {
    cause: 'One AWS page prints the steps in snake_case, but Secrets Manager sends them in camelCase.',
    remedy: 'Use createSecret, setSecret, testSecret or finishSecret.',
    retryable: false,
  },
  InvalidConfiguration: {
    cause: "One of the function's environment variables has a value that cannot be used.",
    remedy: 'Correct the variable that is named above.',
    retryable: false,
  },
  RotationNotEnabled: {
    cause: 'Rotation was cancelled, or never configured, for this secret.',
    remedy:
      'Configure rotation with rotate-secret and this function. If AWSPENDING is left on another version than AWSCURRENT, see first which of the two values works: take AWSPENDING off, or move AWSCURRENT there.',
    retryable: false,
  },
  ProbeRefused: {
    cause: 'Rotation was never turned on for the secret, or another function rotates it.',
    remedy: 'Probe with the function that rotates the secret; a secret without rotation cannot be probed.',
    retryable: false,
  },
  UnknownVersion: {
    cause: 'The event is old, or the version was replaced by a manual change of the secret while it rotated.',
    remedy: 'Start a new rotation with rotate-secret; do not replay old events.',
    retryable: false,
  },
  NotPending: {
    cause: 'The event is old, or AWSPENDING was moved or removed by hand while the secret rotated.',
    remedy: 'Start a new rotation with rotate-secret; list-secret-version-ids shows which version is pending now.',
    retryable: false,
  },
  VersionMissing: {
    cause: 'The version holds no value: createSecret has not run for it, or the value was deleted.',
    remedy: 'Run createSecret first; if AWSPENDING is left over, remove it with update-secret-version-stage.',
    retryable: true,
  },
  VersionConflict: {
    cause: 'Another process changed the versions of the secret at the same moment.',
    remedy: 'Nothing, if a later attempt succeeds; else look for who else writes to the secret.',
    retryable: true,
  },
  ClaimedByAnotherRun: {
    cause: 'Two runs of one rotation at once, or one that was killed a moment ago and may have sent its request.',
    remedy: 'Wait: Secrets Manager tries the rotation again.',
    retryable: true,
  },
  RotatedTooOften: {
    cause:
      'Secrets Manager keeps all versions of a day, and 100 at most: what is given for the refresh token could not be stored.',
    remedy:
      'Rotate every 16 minutes at most. What AWSCURRENT holds goes on working as long as it lives; a later rotation succeeds.',
    retryable: false,
  },
  ClaimDisturbed: {
    cause: 'Somebody has written the secret or moved its labels while it was rotated, which abandons the rotation.',
    remedy: 'Start a new rotation with rotate-secret, and see to it that nobody else writes this secret.',
    retryable: false,
  },
  InvalidSecret: {
    cause: 'The secret was written by hand or for another kind of function.',
    remedy: 'Put a corrected value with put-secret-value. The pages in docs/ list the fields of each kind of secret.',
    retryable: false,
  },
  Internal: {
    cause: 'A defect in the function.',
    remedy: 'Report it, with the class of the error and the stack; the old credential was left as it is.',
    retryable: true,
  },
})

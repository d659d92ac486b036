import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { failed, failedBut } from './aws-errors.ts'
import { lazily, requestHandler } from './clients.ts'
import { iamCodes } from './iam-errors.ts'

/** An access key as IAM lists it. */
export interface AccessKey {
  readonly id: string
  readonly isActive: boolean
  /** Milliseconds since 1970, to the second. */
  readonly created: number
}

/** The one moment at which IAM shows the secret half. */
export interface NewAccessKey {
  readonly id: string
  readonly secretKey: string
}

/** When a key was last used, and where: IAM says it some minutes late. */
export interface LastUse {
  readonly time: number
  /** As in the first part of an ARN's name: sts, s3. */
  readonly service: string
  readonly region: string
}

/** The access keys of users. All methods throw AccessDenied, IamUnreachable, IamFailed or TimedOut. */
export interface AccessKeys {
  /** @returns undefined where there is no such user */
  list(userName: string, signal: AbortSignal): Promise<readonly AccessKey[] | undefined>
  /** Asks once, because a second request may make a second key. @returns undefined where the user has as many as it may have */
  create(userName: string, signal: AbortSignal): Promise<NewAccessKey | undefined>
  /** Does nothing where the key is gone. */
  deactivate(userName: string, id: string, signal: AbortSignal): Promise<void>
  /** Does nothing where the key is gone. */
  remove(userName: string, id: string, signal: AbortSignal): Promise<void>
  /** @returns undefined where IAM knows of no use */
  lastUse(id: string, signal: AbortSignal): Promise<LastUse | undefined>
}

const client = lazily(() => new IAMClient({ maxAttempts: 3, requestHandler }))
const askingOnce = lazily(() => new IAMClient({ maxAttempts: 1, requestHandler }))
const nameOf = (userName: string) => `user ${userName}`
const noSuchEntity = 'NoSuchEntityException'

/** IAM, in the account of the function. */
export const accessKeys: AccessKeys = {
  async list(UserName, abortSignal) {
    const found = await client()
      .send(new ListAccessKeysCommand({ UserName }), { abortSignal })
      .catch(failedBut(noSuchEntity, 'iam:ListAccessKeys', nameOf(UserName), iamCodes))
    return (
      found &&
      (found.AccessKeyMetadata ?? []).map(({ AccessKeyId = '', Status, CreateDate }) => ({
        id: AccessKeyId,
        isActive: Status !== 'Inactive',
        created: CreateDate?.getTime() ?? 0,
      }))
    )
  },

  async create(UserName, abortSignal) {
    const made = await askingOnce()
      .send(new CreateAccessKeyCommand({ UserName }), { abortSignal })
      .catch(failedBut('LimitExceededException', 'iam:CreateAccessKey', nameOf(UserName), iamCodes))
    return made && { id: made.AccessKey?.AccessKeyId ?? '', secretKey: made.AccessKey?.SecretAccessKey ?? '' }
  },

  async deactivate(UserName, AccessKeyId, abortSignal) {
    await client()
      .send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' }), { abortSignal })
      .catch(failedBut(noSuchEntity, 'iam:UpdateAccessKey', nameOf(UserName), iamCodes))
  },

  async remove(UserName, AccessKeyId, abortSignal) {
    await client()
      .send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }), { abortSignal })
      .catch(failedBut(noSuchEntity, 'iam:DeleteAccessKey', nameOf(UserName), iamCodes))
  },

  async lastUse(AccessKeyId, abortSignal) {
    const { AccessKeyLastUsed: last } = await client()
      .send(new GetAccessKeyLastUsedCommand({ AccessKeyId }), { abortSignal })
      .catch(failed('iam:GetAccessKeyLastUsed', `access key ${AccessKeyId}`, iamCodes))
    if (last?.LastUsedDate === undefined) return undefined
    return { time: last.LastUsedDate.getTime(), service: last.ServiceName ?? '', region: last.Region ?? '' }
  },
}

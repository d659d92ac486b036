import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { requestHandler } from './http-options.ts'
import { toIamError } from './iam-errors.ts'

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

const made = new Map<number, IAMClient>()

/** One for the life of the process, of each kind. */
function client(maxAttempts: number): IAMClient {
  const known = made.get(maxAttempts) ?? new IAMClient({ maxAttempts, requestHandler })
  made.set(maxAttempts, known)
  return known
}

const nameOf = (userName: string) => `user ${userName}`

/** IAM, in the account of the function. */
export const accessKeys: AccessKeys = {
  async list(UserName, abortSignal) {
    try {
      const { AccessKeyMetadata } = await client(3).send(new ListAccessKeysCommand({ UserName }), { abortSignal })
      return (AccessKeyMetadata ?? []).map(({ AccessKeyId = '', Status, CreateDate }) => ({
        id: AccessKeyId,
        isActive: Status !== 'Inactive',
        created: CreateDate?.getTime() ?? 0,
      }))
    } catch (error) {
      if (isCalled(error, 'NoSuchEntityException')) return undefined
      throw toIamError(error, 'iam:ListAccessKeys', nameOf(UserName))
    }
  },

  async create(UserName, abortSignal) {
    try {
      const { AccessKey } = await client(1).send(new CreateAccessKeyCommand({ UserName }), { abortSignal })
      return { id: AccessKey?.AccessKeyId ?? '', secretKey: AccessKey?.SecretAccessKey ?? '' }
    } catch (error) {
      if (isCalled(error, 'LimitExceededException')) return undefined
      throw toIamError(error, 'iam:CreateAccessKey', nameOf(UserName))
    }
  },

  async deactivate(UserName, AccessKeyId, abortSignal) {
    try {
      const command = new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' })
      await client(3).send(command, { abortSignal })
    } catch (error) {
      if (isCalled(error, 'NoSuchEntityException')) return
      throw toIamError(error, 'iam:UpdateAccessKey', nameOf(UserName))
    }
  },

  async remove(UserName, AccessKeyId, abortSignal) {
    try {
      await client(3).send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }), { abortSignal })
    } catch (error) {
      if (isCalled(error, 'NoSuchEntityException')) return
      throw toIamError(error, 'iam:DeleteAccessKey', nameOf(UserName))
    }
  },

  async lastUse(AccessKeyId, abortSignal) {
    try {
      const command = new GetAccessKeyLastUsedCommand({ AccessKeyId })
      const { AccessKeyLastUsed: last } = await client(3).send(command, { abortSignal })
      if (last?.LastUsedDate === undefined) return undefined
      return { time: last.LastUsedDate.getTime(), service: last.ServiceName ?? '', region: last.Region ?? '' }
    } catch (error) {
      throw toIamError(error, 'iam:GetAccessKeyLastUsed', `access key ${AccessKeyId}`)
    }
  },
}

function isCalled(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

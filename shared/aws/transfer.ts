import './transfer-error-codes.ts'
import {
  DeleteSshPublicKeyCommand,
  DescribeUserCommand,
  ImportSshPublicKeyCommand,
  TransferClient,
} from '@aws-sdk/client-transfer'
import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import { parsePublicKey } from '../ssh-protocol/public-key.ts'
import type { ServerUser, UserKeys } from '../ssh-protocol/user-keys.ts'
import { type ServiceCodes, toRotationError } from './aws-errors.ts'
import { requestHandler } from './http-options.ts'

const codes: ServiceCodes = {
  missing: 'TransferUserMissing',
  unreachable: 'TransferUnreachable',
  failed: 'TransferFailed',
  resources: 'users',
}

let made: TransferClient | undefined

/** One for the life of the process. */
function client(): TransferClient {
  made ??= new TransferClient({ maxAttempts: 3, requestHandler })
  return made
}

const nameOf = ({ serverId, username }: ServerUser) => `user ${username} of ${serverId}`

/** The users of AWS Transfer Family, in the account and Region of the function. */
export const transferUsers: UserKeys = {
  async list({ serverId: ServerId, username: UserName }, abortSignal) {
    try {
      const { User } = await client().send(new DescribeUserCommand({ ServerId, UserName }), { abortSignal })
      return (User?.SshPublicKeys ?? []).map(({ SshPublicKeyId = '', SshPublicKeyBody = '' }) => {
        const key = parsePublicKey(SshPublicKeyBody.trim())
        return { id: SshPublicKeyId, key, comment: key?.comment ?? '' }
      })
    } catch (error) {
      throw toRotationError(
        error,
        'transfer:DescribeUser',
        nameOf({ serverId: ServerId, username: UserName }),
        undefined,
        codes,
      )
    }
  },

  async add(user, SshPublicKeyBody, abortSignal) {
    const { serverId: ServerId, username: UserName } = user
    try {
      const command = new ImportSshPublicKeyCommand({ ServerId, UserName, SshPublicKeyBody })
      await client().send(command, { abortSignal })
    } catch (error) {
      if (isCalled(error, 'ResourceExistsException')) return
      if (isCalled(error, 'InvalidRequestException') && String(error).includes('exceed')) {
        throw new RotationError('TransferKeyLimit', say`The ${nameOf(user)} has as many keys as it may have.`, {
          cause: error,
        })
      }
      throw toRotationError(error, 'transfer:ImportSshPublicKey', nameOf(user), undefined, codes)
    }
  },

  async remove(user, SshPublicKeyId, abortSignal) {
    const { serverId: ServerId, username: UserName } = user
    try {
      const command = new DeleteSshPublicKeyCommand({ ServerId, UserName, SshPublicKeyId })
      await client().send(command, { abortSignal })
    } catch (error) {
      // The user was described a moment before: it is the key that has gone.
      if (isCalled(error, 'ResourceNotFoundException')) return
      throw toRotationError(error, 'transfer:DeleteSshPublicKey', nameOf(user), undefined, codes)
    }
  },
}

function isCalled(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}

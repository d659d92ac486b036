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
import { failed, failedBut, isCalled, toRotationError } from './aws-errors.ts'
import type { ServiceCodes } from './aws-failure.ts'
import { lazily, requestHandler } from './clients.ts'

const codes: ServiceCodes = {
  missing: 'TransferUserMissing',
  unreachable: 'TransferUnreachable',
  failed: 'TransferFailed',
  resources: 'users',
}

const client = lazily(() => new TransferClient({ maxAttempts: 3, requestHandler }))
const nameOf = ({ serverId, username }: ServerUser) => `user ${username} of ${serverId}`
const idsOf = ({ serverId, username }: ServerUser) => ({ ServerId: serverId, UserName: username })

/** The users of AWS Transfer Family, in the account and Region of the function. */
export const transferUsers: UserKeys = {
  async list(user, abortSignal) {
    const { User } = await client()
      .send(new DescribeUserCommand(idsOf(user)), { abortSignal })
      .catch(failed('transfer:DescribeUser', nameOf(user), codes))
    return (User?.SshPublicKeys ?? []).map(({ SshPublicKeyId = '', SshPublicKeyBody = '' }) => {
      const key = parsePublicKey(SshPublicKeyBody.trim())
      return { id: SshPublicKeyId, key, comment: key?.comment ?? '' }
    })
  },

  async add(user, SshPublicKeyBody, abortSignal) {
    try {
      await client().send(new ImportSshPublicKeyCommand({ ...idsOf(user), SshPublicKeyBody }), { abortSignal })
    } catch (error) {
      if (isCalled(error, 'ResourceExistsException')) return
      if (isCalled(error, 'InvalidRequestException') && String(error).includes('exceed')) {
        throw new RotationError('TransferKeyLimit', say`The ${nameOf(user)} has as many keys as it may have.`, {
          cause: error,
        })
      }
      throw toRotationError(error, 'transfer:ImportSshPublicKey', nameOf(user), codes)
    }
  },

  async remove(user, SshPublicKeyId, abortSignal) {
    // The user was described a moment before: what is not found is the key.
    await client()
      .send(new DeleteSshPublicKeyCommand({ ...idsOf(user), SshPublicKeyId }), { abortSignal })
      .catch(failedBut('ResourceNotFoundException', 'transfer:DeleteSshPublicKey', nameOf(user), codes))
  },
}

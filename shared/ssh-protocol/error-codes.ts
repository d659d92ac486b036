import type { GeneralError } from '../errors/general-error.ts'

/** The part of the error catalogue that is about hosts that are reached over SSH, and the files of keys there. */
export const sshErrors = {
  HostKeyMismatch: {
    cause: 'The host was set up anew or its keys were changed; or something else answers in its place.',
    remedy:
      'Have whoever looks after the host compare: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows a fingerprint there. If the host is the right one, put its keys into host_keys.',
    retryable: false,
  },
  NoCommonAlgorithm: {
    cause:
      'The host offers only algorithms that this function does not have, such as post-quantum key exchange alone, or none of the kinds of host keys that are pinned.',
    remedy:
      'Let the host offer curve25519-sha256, too (KexAlgorithms in sshd_config), and pin a host key of a kind that it has.',
    retryable: false,
  },
  HostBusy: {
    cause:
      'Too many connections at once (MaxStartups), or a penalty for failed logins from the same address (PerSourcePenalties).',
    remedy:
      "Wait; if it lasts, look into the host's sshd log for who fails to log in from the address of the function or the jump host.",
    retryable: true,
  },
  JumpRefused: {
    cause: "The jump host's sshd_config (AllowTcpForwarding, PermitOpen) or the options of the key there forbid it.",
    remedy: 'Allow forwarding to this host and port there. "ssh -J" with the same users shows whether it works.',
    retryable: false,
  },
  SftpUnavailable: {
    cause: 'The key has a forced command, or sshd_config has no "Subsystem sftp".',
    remedy: 'Give the account SFTP, or name in admin_secret_arn the secret of an account that may change the file.',
    retryable: false,
  },
  KeyFileUnknown: {
    cause:
      'AuthorizedKeysFile of sshd_config names other files, AuthorizedKeysCommand serves the keys, or the account is confined to a folder (ChrootDirectory) that does not hold the file.',
    remedy:
      'Name the file in authorized_keys_path; where the account cannot reach it, name in admin_secret_arn the secret of one that can.',
    retryable: false,
  },
  KeyFileNotWritable: {
    cause:
      'The file or its folder belongs to somebody else, is immutable, or lies on a file system that is full or read-only.',
    remedy: 'Let the account write there, or name in admin_secret_arn the secret of an account that may.',
    retryable: false,
  },
  KeyFileUnsafe: {
    cause: 'A file can only be replaced as a whole over SFTP, and something of this one would be lost by that.',
    remedy: 'Do what is named above, or put the line of the new key into the file by hand and run the rotation again.',
    retryable: false,
  },
  KeyFileBusy: {
    cause: 'Another program, or a rotation of another secret, changes the same file at the same time.',
    remedy: 'Nothing, if a later attempt succeeds; else look for who else writes to the file.',
    retryable: true,
  },
  FleetIncomplete: {
    cause: 'Several hosts cannot be reached or changed, for the reasons that are named above.',
    remedy:
      'Mend what is named above, and then rotate again, if no attempt is under way: hosts that have the new key keep it.',
    retryable: true,
  },
  TransferUserMissing: {
    cause: 'The user or the server was deleted, or lies in another account or Region than the function.',
    remedy: 'Correct server_id and username in the secret; "aws transfer list-users --server-id ID" shows the users.',
    retryable: false,
  },
  TransferKeyLimit: {
    cause: 'A user of AWS Transfer Family may have 50 keys, and other people have put theirs there.',
    remedy: 'Delete keys that nobody uses: "aws transfer describe-user" shows them, delete-ssh-public-key deletes one.',
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
} as const satisfies Record<string, GeneralError>

import { generalErrors } from '../errors/general-error.ts'

/** The part of the error catalogue that is about hosts that are reached over SSH, and the files of keys there. */
export const sshErrors = generalErrors({
  HostKeyMismatch: {
    cause: 'The host was set up anew or its keys were changed; or something else answers in its place.',
    remedy:
      'Have an administrator of the host compare: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub shows a fingerprint there. If the host is the right one, put its keys into host_keys.',
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
})

import keyParser from 'ssh2/lib/protocol/keyParser.js'
import type { PrivateKey } from './private-key.ts'

/**
 * Whether another program, which we log in with, reads a key as we do.
 * @throws Error, which is a defect, and holds no part of the key
 */
export function checkWithSsh2(pem: string, { publicKey }: Pick<PrivateKey, 'publicKey'>): void {
  const read = keyParser.parseKey(pem)
  if (read instanceof Error || !read.getPublicSSH().equals(publicKey.blob)) {
    throw new Error('ssh2 does not read the new key as it was made')
  }
}

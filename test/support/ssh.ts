import { randomBytes } from 'node:crypto'
import { chmod, chown, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import ssh2 from 'ssh2'
import type { SshHost } from '../../local/servers/sshd.ts'
import { newKey } from '../../shared/ssh-protocol/new-key.ts'
import { opensshPem } from '../../shared/ssh-protocol/pem.ts'
import { type KeyType, parsePrivateKey } from '../../shared/ssh-protocol/private-key.ts'
import { publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'

/** A new key: as a secret holds it, and as authorized_keys does. */
export async function testKey(
  type: KeyType = { name: 'ed25519' },
): Promise<{ readonly pem: string; readonly line: string }> {
  const { text, publicKey } = await newKey(type, undefined, { randomBytes })
  return { pem: text, line: publicKeyLine(publicKey) }
}

/** The line that authorized_keys has for a private key. */
export function lineOf(pem: string): string {
  return publicKeyLine(parsePrivateKey(pem, 'the key').publicKey)
}

/** The key of a secret that is JSON, or nothing but the key. */
export function pemIn(value: string): string {
  return value.startsWith('{') ? String((JSON.parse(value) as { private_key?: unknown }).private_key) : value
}

/** How the key of a value is written in it. */
export function writtenKeyIn(value: string): string {
  return value.startsWith('{') ? JSON.stringify(pemIn(value)).slice(1, -1) : value
}

/** The parts of a value that must be seen nowhere: its key, as it is written, and line by line. */
export function secretPartsOf(value: string): readonly string[] {
  const lines = pemIn(value).split('\n')
  return [writtenKeyIn(value), ...lines.filter((part) => part.length > 16 && !part.includes('-----'))]
}

/** Replaces the file of keys of the host's account. */
export async function writeKeys(host: SshHost, text: string, mode = 0o600): Promise<void> {
  const { keys, uid, gid } = host.account
  const path = host.path(keys)
  await writeFile(path, text, { encoding: 'latin1' })
  await chmod(path, mode)
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid)
}

/** The file of keys, one character a byte. */
export function readKeys(host: SshHost): Promise<string> {
  return readFile(host.path(host.account.keys), 'latin1')
}

/** All that a rotation may change at a host. */
export async function hostState(
  host: SshHost,
): Promise<{ readonly keys: string; readonly mode: string; readonly owner: string }> {
  const path = host.path(host.account.keys)
  const { mode, uid, gid } = await stat(path)
  const { mode: folder } = await stat(dirname(path))
  return { keys: await readKeys(host), mode: `${folder.toString(8)}/${mode.toString(8)}`, owner: `${uid}:${gid}` }
}

/** Logs in as an application does, with nothing of ours. */
export async function logsIn(
  { port, account: { username } }: Pick<SshHost, 'port' | 'account'>,
  pem: string,
): Promise<boolean> {
  const client = new ssh2.Client()
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  client.on('ready', () => resolve(true))
  client.on('error', (error) => {
    if (error.level === 'client-authentication') resolve(false)
    else reject(error)
  })
  const privateKey = opensshPem(parsePrivateKey(pem, 'the key').key, '')
  client.connect({
    host: '127.0.0.1',
    port,
    username,
    privateKey,
    authHandler: ['publickey'],
    hostVerifier: () => true,
  })
  try {
    return await promise
  } finally {
    client.end()
  }
}

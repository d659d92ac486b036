import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it } from 'vitest'
import { startSshd } from '../../../local/servers/sshd.ts'
import { opensshPem } from '../../../shared/ssh-protocol/pem.ts'
import { parsePrivateKey } from '../../../shared/ssh-protocol/private-key.ts'
import { secretsManagerFor } from '../../support/secrets-manager.ts'
import { lineOf, logsIn, writeKeys } from '../../support/ssh.ts'
import { opensshProgram } from '../../support/ssh-keygen.ts'
import { allWell, rotated } from './rotation.ts'
import { accountFields, sshKeyFunction } from './secret-types.ts'

const host = await startSshd()
const folder = await mkdtemp(join(tmpdir(), 'keyturn-ssh-hosts-'))
const file = join(folder, 'hosts.json')
const withFile = await secretsManagerFor({ ...sshKeyFunction, env: { SSH_HOSTS: file, SSH_RSA_BITS: '2048' } })
afterAll(async () => {
  await withFile[Symbol.asyncDispose]()
  await host[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** As `get-secret-value --query SecretString --output text > key` and `ssh -i key` do it. */
async function sshLogsIn(value: string): Promise<boolean> {
  const path = join(folder, 'key')
  await rm(path, { force: true })
  await writeFile(path, `${value}\n`, { mode: 0o600 })
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes', 'IdentitiesOnly=yes']
  const [command, ...before] = opensshProgram('ssh')
  const args = ['-F', 'none', ...options.flatMap((option) => ['-o', option]), '-i', path, '-p', `${host.port}`]
  const login = [...args, `${host.account.username}@127.0.0.1`, 'echo in']
  return promisify(execFile)(command, [...before, ...login]).then(
    ({ stdout }) => stdout.includes('in'),
    () => false,
  )
}

/** Stores a value whose key is let in, and says in SSH_HOSTS where. */
async function stored(
  value: string,
  pem: string,
  entry: (name: string) => object = (name) => ({ [name]: accountFields([host]) }),
) {
  await writeKeys(host, `${lineOf(pem)}\n`)
  const arn = await withFile.store(value)
  await writeFile(file, JSON.stringify(entry(/:secret:(.*)-\w{6}$/.exec(arn)?.[1] ?? '')))
  return arn
}
const rsa = (kind: 'pkcs1' | 'pkcs8') =>
  String(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: kind, format: 'pem' }))

describe('a secret that is a key and nothing else', { meta: { server: `OpenSSH ${host.version}` } }, () => {
  it('keeps its type and form of PEM, and loads in ssh as get-secret-value prints it', async () => {
    const pem = rsa('pkcs1').trimEnd()
    const arn = await stored(pem, pem)
    for (let round = 0; round < 2; round++) {
      expect((await rotated(withFile, arn)).outcomes).toEqual(allWell)
      const value = await withFile.storedValue(arn, 'AWSCURRENT')
      expect(value).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n[\s\S]+\n-----END RSA PRIVATE KEY-----$/)
      expect(await sshLogsIn(value)).toBe(true)
    }
    expect(await logsIn(host, pem)).toBe(false)
  })

  it('in the form of OPENSSH loads in ssh, though the one before did not', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = opensshPem(privateKey, '').trimEnd().replaceAll('\n', '\r\n')
    const arn = await stored(pem, pem)
    expect((await rotated(withFile, arn)).outcomes).toEqual(allWell)
    expect(await sshLogsIn(await withFile.storedValue(arn, 'AWSCURRENT'))).toBe(true)
  })

  it("in a connector's JSON keeps its fields, and gets what it lacks from SSH_HOSTS", async () => {
    const pem = rsa('pkcs8')
    const value = { Username: host.account.username, PrivateKey: pem, Password: 'as it is' }
    const { username: _, ...rest } = accountFields([host])
    const arn = await stored(JSON.stringify(value), pem, (name) => ({ [name]: { ...rest, key_type: 'ecdsa-256' } }))
    expect((await rotated(withFile, arn)).outcomes).toEqual(allWell)
    const { PrivateKey, ...others } = JSON.parse((await withFile.value(arn, 'AWSCURRENT')) ?? '{}')
    expect(others).toEqual({ Username: host.account.username, Password: 'as it is' })
    expect(parsePrivateKey(PrivateKey, '').type).toEqual({ name: 'ecdsa', curve: 'P-256' })
    expect(await logsIn(host, PrivateKey)).toBe(true)
  })

  it('has its hosts in another secret, where SSH_HOSTS is the ARN of one', async () => {
    const pem = rsa('pkcs1')
    const env = { SSH_HOSTS: '', SSH_RSA_BITS: '2048' }
    await using secrets = await secretsManagerFor({ ...sshKeyFunction, env })
    await writeKeys(host, `${lineOf(pem)}\n`)
    const arn = await secrets.store(pem)
    // The ARN of a secret is not known before it is stored; the function has not started yet.
    env.SSH_HOSTS = await secrets.store(JSON.stringify({ [arn]: accountFields([host]) }))
    expect((await rotated(secrets, arn)).outcomes).toEqual(allWell)
    expect(await logsIn(host, await secrets.storedValue(arn, 'AWSCURRENT'))).toBe(true)
  })

  it('may be in a field called like a property of every object', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = opensshPem(privateKey, '')
    const SecretString = JSON.stringify({ private_key: pem, ...accountFields([host]) })
    await stored(pem, pem, () => ({}))
    const { ARN = '' } = await withFile.client.send(new CreateSecretCommand({ Name: 'constructor', SecretString }))
    expect((await rotated(withFile, ARN)).outcomes).toEqual(allWell)
  })

  it('is refused where no host is named, or where SSH_HOSTS is no JSON', async () => {
    const pem = rsa('pkcs1')
    const unknown = await rotated(withFile, await stored(pem, pem, () => ({})))
    expect(unknown.message).toMatch(/^The secret is a key and nothing else, and SSH_HOSTS has nothing for "[^:]+"\./)
    await writeFile(file, 'not JSON')
    const broken = await rotated(withFile, await withFile.store(pem))
    expect(broken.outcomes).toEqual(['InvalidConfiguration'])
    expect(broken.message).toContain(`The file ${file}`)
  })
})

import { randomBytes } from 'node:crypto'
import { appendFile, chown } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Client as SshClient } from 'ssh2'
import { createSshLogins, isRefusedKey, logIn, type SshSecret } from '../../examples/application/ssh.ts'
import { newKey } from '../../shared/ssh-protocol/new-key.ts'
import { publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'
import { type SshHost, startSshd } from '../servers/sshd.ts'
import type { DemoTarget } from './target.ts'

const fleet = 5

/** Five hosts, and clients that log in on them all the time: each time on another one. */
export async function startSshDemo(): Promise<DemoTarget> {
  const hosts = await Promise.all(Array.from({ length: fleet }, () => startSshd({ settings: ['MaxStartups 100'] })))
  const logged = () => hosts.map((host) => host.log())
  /** Ports from which applications have connected since the last mark: all other logins are the function's. */
  const ports = new Set<string>()
  /** How long each log was. */
  const marks: number[][] = []
  let next = 0
  const turn = () => next++ % fleet

  function ended(client: SshClient): void {
    ports.add(String((client as unknown as { _sock?: { localPort?: number } })._sock?.localPort))
    client.end()
  }
  return {
    title: `OpenSSH ${hosts[0]?.version}`,
    env: {},
    demonstrations: [
      {
        functionId: 'SshKey',
        summary: 'two keys are let in on each of five hosts, the new one and the one before',
        secretName: 'demo/ssh/key',
        overlap: true,
        // One on each host in setSecret, and one in testSecret.
        expectedLogins: 2 * fleet,
        expectedCalls: 11,
        prepare: (secretsManager) => prepare(hosts, secretsManager, 'demo/ssh/key'),
      },
    ],
    client: {
      use: async (value) => ended(await logIn(JSON.parse(value) as SshSecret, turn())),
      isRefused: isRefusedKey,
      application({ secretId, secretsManager, refreshMs, onRefused }) {
        const logins = createSshLogins({ secretId, secretsManager, refreshMs, onRefused })
        return { use: async () => ended(await logins.connect(turn())), end: async () => undefined }
      },
    },
    mark() {
      // A port is used again one day.
      ports.clear()
      return marks.push(logged().map((log) => log.length)) - 1
    },
    async loginsSince(mark) {
      await sleep(100) // sshd's log arrives through a pipe
      const since = logged().map((log, index) => log.slice(marks[mark]?.[index]))
      const lines = since.join('\n')
      const accepted = [...lines.matchAll(/^Accepted publickey for \S+ from \S+ port (\d+)/gm)].map(
        ([, port = '']) => port,
      )
      const byFunctions = accepted.filter((port) => !ports.has(port)).length
      return { byFunctions, refused: lines.match(/^Failed publickey/gm)?.length ?? 0 }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(hosts.map((host) => host[Symbol.asyncDispose]()))
    },
  }
}

async function prepare(hosts: readonly SshHost[], secretsManager: SecretsManagerClient, Name: string): Promise<void> {
  const key = await newKey({ name: 'ed25519' }, undefined, { randomBytes })
  for (const { account, path } of hosts) {
    await appendFile(path(account.keys), `${publicKeyLine(key.publicKey)} demo\n`, { mode: 0o600 })
    if (account.uid !== undefined && account.gid !== undefined) {
      await chown(path(account.keys), account.uid, account.gid)
    }
  }
  const username = hosts[0]?.account.username ?? ''
  const fields = hosts.map(({ host, port, hostKeys, account }) => {
    return { host, port, host_keys: hostKeys, authorized_keys_path: account.keys }
  })
  const secret = { username, private_key: key.text, hosts: fields }
  await secretsManager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(secret) }))
}

import { randomBytes } from 'node:crypto'
import { appendFile, chown } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type SshHost, startSshd } from '../../local/servers/sshd.ts'
import { newKey } from '../../shared/ssh-protocol/new-key.ts'
import { publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'
import { type BenchPlace, type BenchTarget, hasOpenSessions, type Made, type Move } from '../target.ts'

/** The floor makes the same calls and logins; the function needs the rest of its time for the file and for making a key. */
export const ssh: BenchTarget = { start }

async function start(): Promise<BenchPlace> {
  const server = await startSshd()
  return {
    env: {},
    driver: new URL('login.ts', import.meta.url).href,
    make: () => accountWithKey(server),
    async record() {
      let seen = server.log().length
      return {
        async moves() {
          const { moves, end } = await movesSince(server, seen)
          seen = end
          return moves
        },
        [Symbol.asyncDispose]: async () => undefined,
      }
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** One account for all secrets, each with a key of its own. */
async function accountWithKey({ account, path, host, port, hostKeys }: SshHost): Promise<Made> {
  const key = await newKey({ name: 'ed25519' }, undefined, { randomBytes })
  await appendFile(path(account.keys), `${publicKeyLine(key.publicKey)}\n`, { mode: 0o600 })
  if (account.uid !== undefined && account.gid !== undefined) await chown(path(account.keys), account.uid, account.gid)
  const { username } = account
  const hosts = [{ host, port, host_keys: hostKeys }]
  return {
    // The floor logs in with the fields of the secret itself.
    value: { username, private_key: key.text, hosts, authorized_keys_path: account.keys, host, port },
    // It changes nothing on the host, so its key stays.
    next: (current) => current,
    who: () => username,
    particulars: () => ({}),
  }
}

/** sshd names its sessions by the port that they come from. */
async function movesSince(server: SshHost, from: number): Promise<{ moves: Move[]; end: number }> {
  for (let tries = 0; tries < 400; tries++) {
    const text = server.log().slice(from)
    const logins = text.matchAll(/^(Accepted publickey|Disconnected) .*?(\S+) (?:from )?\S+ port (\d+)/gm)
    const moves = [...logins].map(
      ([, what, who = '', session = '']): Move =>
        what === 'Accepted publickey' ? { session, does: 'login', who } : { session, does: 'end' },
    )
    await sleep(5)
    if (!hasOpenSessions(moves) && server.log().length === from + text.length) return { moves, end: from + text.length }
  }
  throw new Error(`a session did not end: ${server.log().slice(from)}`)
}

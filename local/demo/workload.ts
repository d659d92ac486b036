import { setTimeout as sleep } from 'node:timers/promises'
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Use } from './recording.ts'
import type { Client } from './target.ts'

/** What the applications saw while their login was rotated. */
export interface Workload {
  readonly queries: number
  readonly failedLogins: number
  /** The longest that one query had to wait because of refused logins, in milliseconds. */
  readonly gapMs: number
  /** The first error that reached an application's user; undefined where none did. */
  readonly error: unknown
}

const refreshMs = 100

export interface WorkloadOptions {
  readonly secretId: string
  readonly secretsManager: SecretsManagerClient
  readonly client: Client
  /** How many clients look for a new secret now and then, as the application of examples/application does. */
  readonly refreshing: number
  /** How many clients keep the value that they have until `renew` is called. */
  readonly keeping: number
  /** Called with each use as it ends. */
  onUse(use: Use): void
}

/** Clients that use a value all the time, each time with a login of its own. */
export function startWorkload(options: WorkloadOptions) {
  const { secretId, secretsManager, client, refreshing, keeping } = options
  const seen = { queries: 0, failedLogins: 0, gapMs: 0, error: undefined as unknown }
  let running = true
  let kept: Promise<string> | undefined

  /** Uses the value again and again, and reports each use. @param use adds the time of each refusal to its argument */
  async function again(who: Pick<Use, 'client' | 'keeps'>, use: () => Promise<unknown>, refusedAt: number[]) {
    while (running && seen.error === undefined) {
      const from = performance.now()
      try {
        await use()
        seen.queries++
      } catch (error) {
        seen.error = error
      }
      const [to, refused] = [performance.now(), refusedAt.splice(0)]
      const answered = seen.error === undefined
      if (answered && refused[0] !== undefined) seen.gapMs = Math.max(seen.gapMs, Math.round(to - refused[0]))
      options.onUse({ ...who, from, to, refusedAt: refused, answered })
      await sleep(5)
    }
  }

  async function refreshingClient(index: number): Promise<void> {
    const refusedAt: number[] = []
    const onRefused = () => {
      seen.failedLogins++
      refusedAt.push(performance.now())
    }
    const application = client.application({ secretId, secretsManager, refreshMs, onRefused })
    await again({ client: index, keeps: false }, () => application.use(), refusedAt)
    await application.end()
  }

  async function currentValue(): Promise<string> {
    return (await secretsManager.send(new GetSecretValueCommand({ SecretId: secretId }))).SecretString ?? '{}'
  }

  /** A client that keeps its value has no other one when it is refused: that is an error, not a pause. */
  async function keepingClient(index: number): Promise<void> {
    const refusedAt: number[] = []
    async function use() {
      kept ??= currentValue()
      try {
        await client.use(await kept)
      } catch (error) {
        if (client.isRefused(error)) {
          seen.failedLogins++
          refusedAt.push(performance.now())
        }
        throw error
      }
    }
    await again({ client: index, keeps: true }, use, refusedAt)
  }

  const clients = [
    ...Array.from({ length: refreshing }, (_, index) => refreshingClient(index)),
    ...Array.from({ length: keeping }, (_, index) => keepingClient(refreshing + index)),
  ]
  return {
    seen: seen as Readonly<Workload>,
    /** Resolves when as many more queries have been answered, or an application has failed. */
    async more(queries: number): Promise<void> {
      const enough = seen.queries + queries
      while (seen.queries < enough && seen.error === undefined) await sleep(5)
    },
    /** Gives the clients that keep their value the current one, and waits until the others have looked for it, too. */
    async renew(): Promise<void> {
      kept = currentValue()
      await sleep(refreshMs)
      await this.more((refreshing + keeping) * 5)
    },
    async stop(): Promise<Workload> {
      running = false
      await Promise.all(clients)
      return seen
    },
  }
}

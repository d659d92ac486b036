import { setTimeout as sleep } from 'node:timers/promises'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createDatabase } from '../../examples/application/database.ts'

/** What an application saw while its login was rotated. */
export interface Workload {
  readonly queries: number
  readonly failedLogins: number
  /** The longest that one query had to wait because of refused logins, in milliseconds. */
  readonly gapMs: number
  /** The first error that reached the application's user; undefined where none did. */
  readonly error: unknown
}

const clients = 4
const refreshMs = 300

/**
 * The application of examples/application under the worst load for a rotation: every query on a connection of its own,
 * so that every query logs in.
 */
export function startWorkload(secretId: string, secretsManager: SecretsManagerClient, ca: string) {
  const seen = { queries: 0, failedLogins: 0, gapMs: 0, error: undefined as unknown }
  let running = true
  const loops = Array.from({ length: clients }, async () => {
    let refusedAt: number | undefined
    const database = createDatabase({
      ...{
        secretId,
        secretsManager,
        refreshMs,
        ca,
        pool: { max: 1, maxUses: 1, application_name: 'application' },
      },
      onRefused() {
        seen.failedLogins++
        refusedAt ??= performance.now()
      },
    })
    while (running && seen.error === undefined) {
      try {
        await database.query('SELECT 1')
        seen.queries++
        if (refusedAt !== undefined) seen.gapMs = Math.max(seen.gapMs, Math.round(performance.now() - refusedAt))
        refusedAt = undefined
        await sleep(5)
      } catch (error) {
        seen.error = error
      }
    }
    await database.end()
  })
  return {
    seen: seen as Readonly<Workload>,
    /** Resolves when as many more queries have been answered, or the application has failed. */
    async more(queries: number): Promise<void> {
      const enough = seen.queries + queries
      while (seen.queries < enough && seen.error === undefined) await sleep(5)
    },
    /** Resolves when the application has looked for a new secret. */
    async refreshed(): Promise<void> {
      await sleep(refreshMs)
      await this.more(clients * 10)
    },
    async stop(): Promise<Workload> {
      running = false
      await Promise.all(loops)
      return seen
    },
  }
}

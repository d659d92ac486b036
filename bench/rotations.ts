import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { startLocalSecretsManager } from '../local/secrets-manager/start.ts'
import { steps } from '../shared/rotation/event.ts'
import { countLogins, nothing } from './recording.ts'
import { startRunner } from './runner-process.ts'
import { rotatingSecret } from './secret.ts'
import { longestChain, median } from './statistics.ts'
import type { BenchPlace } from './target.ts'
import { forFloor, recordings } from './warm-up.ts'

export interface RotationFigures {
  readonly functionId: string
  /** Added to every call of Secrets Manager, in milliseconds. */
  readonly latencyMs: number
  readonly calls: number
  readonly roundTrips: number
  readonly logins: number
  /** Medians of a whole rotation, in milliseconds, and of the ratios of pairs made one after the other. */
  readonly functionMs: number
  readonly floorMs: number
  readonly ratio: number
}

/**
 * Rotates two secrets in turn, one with the function's bundle and one with the floor, both in one warm process.
 * @param pairs how many rotations of each are counted, after those in which the floor learns what it has to do
 * @throws Error where the floor does something else than the function
 */
export async function measureRotations(
  functionId: string,
  place: BenchPlace,
  options: { readonly module: string; readonly bundle: string; readonly latencyMs: number; readonly pairs: number },
): Promise<RotationFigures> {
  const { module, bundle, latencyMs, pairs } = options
  await using local = await startLocalSecretsManager({
    latencyMs,
    functions: { [functionId]: module },
    hold: async () => {},
  })
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
  const client = new SecretsManagerClient({ endpoint: local.endpoint, region: 'us-east-1', credentials })
  const { env, driver } = place
  using runner = startRunner(functionId, { bundle, endpoint: local.endpoint, env, driver })
  const secret = async () => {
    const made = await place.make(basename(module, '.ts'), `bench_${randomUUID().slice(0, 8)}`)
    return rotatingSecret(functionId, made, local, client)
  }
  const [byFunction, byFloor] = await Promise.all([secret(), secret()])
  const moves = await recordings({ functionId, local, place, runner, byFunction, byFloor })

  const times: { function: number; floor: number }[] = []
  let counts = { calls: 0, roundTrips: 0 }
  for (let round = 0; round < pairs; round++) {
    const prepared = { ...(await byFunction.stage()), moves: nothing }
    local.calls.clear()
    const functionMs = await runner.run({ as: 'function', steps, prepared })
    const calls = local.calls.by(functionId)
    counts = { calls: calls.length, roundTrips: longestChain(calls) }
    // Where two users take turns, every other rotation is the same again.
    const floor = await forFloor(byFloor, moves[round % 2 === 0 ? 0 : 1])
    const floorMs = await runner.run({ as: 'floor', steps, prepared: floor })
    times.push({ function: functionMs, floor: floorMs })
  }
  client.destroy()
  return {
    functionId,
    latencyMs,
    ...counts,
    logins: countLogins(moves[0]),
    functionMs: median(times.map((time) => time.function)),
    floorMs: median(times.map((time) => time.floor)),
    ratio: median(times.map((time) => time.function / time.floor)),
  }
}

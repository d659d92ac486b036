import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { steps } from '../../shared/rotation/event.ts'
import { nothing } from '../recording.ts'
import { startRunner } from '../runner-process.ts'
import { rotatingSecret } from '../secret.ts'
import { median } from '../statistics.ts'
import type { BenchPlace } from '../target.ts'
import { awsCaller, startAwsRunner } from './runner.ts'

export interface AwsFigures {
  readonly functionId: string
  /** Added to every call of Secrets Manager, in milliseconds. */
  readonly latencyMs: number
  readonly awsCalls: number
  /** Medians of a whole rotation, in milliseconds, and of the ratios of pairs made one after the other. */
  readonly functionMs: number
  readonly awsMs: number
  readonly ratio: number
}

/** Rotations that are not counted: the first two of alternating users make the second user. */
const warmUps = 4

/**
 * Rotates two secrets in turn, one with the function's bundle and one with AWS's own function, each in a warm process.
 * @param aws the Python that runs AWS's function, and the folder that it is in
 */
export async function measureAgainstAws(
  functionId: string,
  place: BenchPlace,
  options: {
    readonly module: string
    readonly bundle: string
    readonly latencyMs: number
    readonly pairs: number
    readonly aws: { readonly python: string; readonly folder: string }
  },
): Promise<AwsFigures> {
  const { module, bundle, latencyMs, pairs, aws } = options
  const functions = { [functionId]: module }
  await using local = await startLocalSecretsManager({ latencyMs, functions, hold: async () => {} })
  const { endpoint } = local
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
  const client = new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials })
  await using authority = await fileWith(place.env.DATABASE_CA_BUNDLE ?? '')
  using ours = startRunner(functionId, { bundle, endpoint, env: place.env, driver: place.driver })
  using theirs = startAwsRunner({ ...aws, endpoint, authority: authority.path })
  const secret = async () => {
    const made = await place.make(basename(module, '.ts'), `bench_${randomUUID().slice(0, 8)}`)
    return rotatingSecret(functionId, made, local, client)
  }
  const [byFunction, byAws] = await Promise.all([secret(), secret()])

  const times: { function: number; aws: number }[] = []
  for (let round = 0; round < warmUps + pairs; round++) {
    const prepared = { ...(await byFunction.stage()), moves: nothing }
    const functionMs = await ours.run({ as: 'function', steps, prepared })
    const rotation = await byAws.stage()
    local.calls.clear()
    times.push({ function: functionMs, aws: await theirs.run(rotation) })
  }
  client.destroy()
  const counted = times.slice(warmUps)
  return {
    functionId,
    latencyMs,
    awsCalls: local.calls.by(awsCaller).length,
    functionMs: median(counted.map((time) => time.function)),
    awsMs: median(counted.map((time) => time.aws)),
    ratio: median(counted.map((time) => time.function / time.aws)),
  }
}

async function fileWith(text: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-bench-'))
  const path = join(folder, 'authority.pem')
  await writeFile(path, text)
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Client, escapeIdentifier } from 'pg'
import { saltFor, scramVerifier } from '../functions/postgres/scram.ts'
import { startLocalSecretsManager } from '../local/secrets-manager.ts'
import type { PostgresServer } from '../local/servers/postgres.ts'
import type { Prepared } from './floor.ts'
import type { Answer, Order } from './runner.ts'
import { longestChain, median } from './statistics.ts'

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
 * @param pairs how many rotations of each are counted, after five that are not
 */
export async function measureRotations(
  functionId: string,
  module: string,
  server: PostgresServer,
  options: { readonly bundle: string; readonly latencyMs: number; readonly pairs: number },
): Promise<RotationFigures> {
  const { latencyMs, pairs } = options
  await using local = await startLocalSecretsManager({
    latencyMs,
    functions: { [functionId]: module },
    hold: async () => {},
  })
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
  const secretsManager = new SecretsManagerClient({ endpoint: local.endpoint, region: 'us-east-1', credentials })
  const runner = startRunner(functionId, options.bundle, local.endpoint, server.ca)
  const [byFunction, byFloor] = await Promise.all([
    prepareSecret(functionId, secretsManager, server),
    prepareSecret(functionId, secretsManager, server),
  ])
  const logins = () => server.log().match(/connection authorized: .* application_name=keyturn/g)?.length ?? 0

  const times: { function: number; floor: number }[] = []
  let counts = { calls: 0, roundTrips: 0, logins: 0 }
  for (let round = -5; round < pairs; round++) {
    const prepared = await byFunction.stage(local.functions[functionId])
    local.calls.clear()
    const before = logins()
    const functionMs = await runner.run({ as: 'function', prepared })
    const calls = local.calls.by(functionId)
    await new Promise((resolve) => setTimeout(resolve, 30)) // the server's log arrives through a pipe
    counts = { calls: calls.length, roundTrips: longestChain(calls), logins: logins() - before }
    const floorMs = await runner.run({ as: 'floor', prepared: await byFloor.stage(local.functions[functionId]) })
    if (round >= 0) times.push({ function: functionMs, floor: floorMs })
  }
  runner.stop()
  secretsManager.destroy()
  return {
    ...{ functionId, latencyMs, ...counts },
    functionMs: median(times.map((time) => time.function)),
    floorMs: median(times.map((time) => time.floor)),
    ratio: median(times.map((time) => time.function / time.floor)),
  }
}

function startRunner(functionId: string, bundle: string, endpoint: string, ca: string) {
  const env = {
    ...{
      PATH: process.env.PATH ?? '',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: functionId,
      AWS_SECRET_ACCESS_KEY: 'bench',
    },
    ...{ SECRETS_MANAGER_ENDPOINT: endpoint, DATABASE_CA_BUNDLE: ca, AWS_LAMBDA_FUNCTION_NAME: functionId },
  }
  const child = fork(fileURLToPath(new URL('runner.ts', import.meta.url)), [bundle, endpoint, ca], {
    env,
    silent: true,
  })
  child.stdout?.resume()
  child.stderr?.resume()
  return {
    async run(order: Order): Promise<number> {
      child.send(order)
      const [answer] = (await once(child, 'message')) as [Answer]
      if ('error' in answer) throw new Error(`${order.as}: ${answer.error}`)
      return answer.ms
    },
    stop: () => child.kill(),
  }
}

/** Makes a login with a name of its own, and its secret; then stages one rotation after the other. */
async function prepareSecret(functionId: string, secretsManager: SecretsManagerClient, server: PostgresServer) {
  const { host, port, superuser, ca } = server
  const alternating = functionId.endsWith('AlternatingUsers')
  const username = `bench_${randomUUID().slice(0, 8)}`
  const base = { engine: 'postgres', host, port, dbname: 'postgres' }
  const admin = new Client({
    ...base,
    user: superuser.username,
    password: superuser.password,
    database: 'postgres',
    ssl: { ca },
  })
  await admin.connect()
  await admin.query(`CREATE ROLE ${username} LOGIN PASSWORD 'first'`)
  await admin.end()
  const create = async (Name: string, secret: object) =>
    secretsManager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(secret) }))
  const superuserArn = alternating ? (await create(`${username}-superuser`, { ...base, ...superuser })).ARN : undefined
  const secret = { ...base, username, password: 'first', ...(superuserArn && { masterarn: superuserArn }) }
  const { ARN: secretId = '', VersionId = '' } = await create(username, secret)
  // Which of the two logins exist: a floor must know what a function would look up.
  const made = new Set([username])
  let current = { id: VersionId, text: JSON.stringify(secret) }

  return {
    async stage(RotationLambdaARN: string | undefined): Promise<Prepared> {
      const token = randomUUID()
      const rules = { RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 30 } }
      await secretsManager.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken: token, ...rules }))
      const was = JSON.parse(current.text)
      const next = { ...was, username: alternating ? otherName(was.username) : was.username, password: randomUUID() }
      const clause = `PASSWORD '${scramVerifier(next.password, saltFor(token, next.username))}'`
      const role = escapeIdentifier(next.username)
      const pending = JSON.stringify(next)
      const isNew = alternating && !made.has(next.username)
      made.add(next.username)
      const change = isNew
        ? `CREATE ROLE ${role} LOGIN ${clause}; GRANT ${escapeIdentifier(was.username)} TO ${role}; ALTER ROLE ${role} SET role = '${was.username}'`
        : `BEGIN READ WRITE; SET LOCAL ROLE NONE; SET LOCAL search_path = ''; ALTER ROLE ${role} ${clause}; COMMIT`
      const prepared = { secretId, token, currentId: current.id, current: current.text, pending, superuserArn, change }
      current = { id: token, text: pending }
      return prepared
    },
  }
}

function otherName(username: string): string {
  return username.endsWith('_clone') ? username.slice(0, -'_clone'.length) : `${username}_clone`
}

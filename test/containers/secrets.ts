import { randomUUID } from 'node:crypto'
import { basename, dirname, relative } from 'node:path'
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { inject } from 'vitest'
import { discoverFunctions } from '../../local/functions.ts'
import type { RotationEvent } from '../../local/secrets-manager/functions/invocation.ts'
import { randomName, randomPassword } from '../support/random.ts'
import { localClient } from '../support/secrets-manager.ts'
import { database } from './drivers.ts'
import { engine, engines } from './engines.ts'
import type { Database } from './setup.ts'

/** A function that rotates logins of a kind of database. */
export interface Subject {
  /** As the template names it. */
  readonly id: string
  /** Path of the module, from the root of the repository. */
  readonly module: string
  readonly engine: string
  readonly strategy: 'single-user' | 'dual-password' | 'alternating-users'
}

/** From where a function looks at the databases: from this process, or from a container. */
export type View = 'outside' | 'inside'

export const root = new URL('../..', import.meta.url).pathname

/** Every function of the repository whose folder is that of an engine. */
export const subjects: readonly Subject[] = Object.entries(await discoverFunctions())
  .map(([id, path]) => ({
    id,
    module: relative(root, path),
    engine: basename(dirname(path)),
    strategy: basename(path, '.ts') as Subject['strategy'],
  }))
  .filter(({ engine }) => engine in engines)

export function databaseOf(name: string): Database {
  const found = inject('containers').databases[name]
  if (found === undefined) throw new Error(`no container of ${name}`)
  return found
}

export function localstackClient(): SecretsManagerClient {
  return localClient(inject('containers').localstack.endpoint)
}

async function store(client: SecretsManagerClient, prefix: string, value: object): Promise<string> {
  const secret = { Name: `${prefix}-${randomUUID()}`, SecretString: JSON.stringify(value) }
  return (await client.send(new CreateSecretCommand(secret))).ARN ?? secret.Name
}

function place(name: string, view: View) {
  const { host, port, inside } = databaseOf(name)
  return { engine: name, dbname: database, ...(view === 'inside' ? inside : { host, port }) }
}

/** @returns the ARN of a secret with the superuser's login */
export function superuserSecret(client: SecretsManagerClient, name: string, view: View): Promise<string> {
  return store(client, `superuser-${name}`, { ...place(name, view), ...databaseOf(name).superuser })
}

/**
 * Makes a login in a container, and a secret for it in LocalStack.
 * @returns the ARN of the secret
 */
export async function newSecret(
  client: SecretsManagerClient,
  subject: Subject,
  view: View,
  superuser: string,
): Promise<string> {
  const login = { username: randomName('app').slice(0, 16), password: randomPassword() }
  const { driver, newLogin } = engine(subject.engine)
  const server = databaseOf(subject.engine)
  await driver(server, server.superuser, newLogin(login))
  const masterarn = subject.strategy === 'single-user' ? {} : { masterarn: superuser }
  return store(client, subject.id, { ...place(subject.engine, view), ...login, ...masterarn })
}

/** The value with a label, parsed. */
export async function readValue(client: SecretsManagerClient, SecretId: string, VersionStage = 'AWSCURRENT') {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))
  return JSON.parse(SecretString ?? '{}') as { readonly username: string; readonly password: string }
}

export async function labelsOf(client: SecretsManagerClient, SecretId: string) {
  return (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages ?? {}
}

/**
 * Begins a rotation in LocalStack, which leaves its steps to the test.
 * @returns the events of the four steps, as AWS sends them
 */
export async function beginRotation(client: SecretsManagerClient, SecretId: string): Promise<readonly RotationEvent[]> {
  const token = randomUUID()
  await client.send(
    new RotateSecretCommand({
      SecretId,
      ClientRequestToken: token,
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotationLambdaARN: inject('containers').localstack.heldFunction,
    }),
  )
  const RotationToken = randomUUID()
  return (['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const).map((Step) => ({
    Step,
    SecretId,
    ClientRequestToken: token,
    RotationToken,
  }))
}

import { randomUUID } from 'node:crypto'
import {
  DescribeSecretCommand,
  RotateSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-secrets-manager'
import { lonePending, type SecretFacts } from '../../shared/secret-state.ts'
import { ask } from '../aws/ask.ts'
import { type Run, watchStarted } from '../rotation/start.ts'

/** The tag that remembers the secret's former function. It is on the secret, so that it outlives this process. */
const tagKey = 'keyturn:adopted-from'

export type Switched = { readonly done: true } | { readonly done: false; readonly why: string }

/**
 * Hands a secret to another function: remembers the former one, and switches by a rotation that only tests. Where the test does
 * not succeed, the former function is put back. Nothing is rotated, and the schedule stays.
 * @throws CannotAsk
 */
export async function adopt(secret: SecretFacts, to: string, run: Run): Promise<Switched> {
  const { functionArn: from } = secret
  const why = whyNot(secret)
  if (why !== undefined || from === undefined) return { done: false, why: why ?? 'No function rotates it.' }
  if (from === to) return { done: false, why: 'That function rotates it already.' }
  const { client } = run.secrets
  // The tag is set before anything is switched: an operator who is cut off can go back.
  const Tags = [{ Key: tagKey, Value: from }]
  await ask('secretsmanager:TagResource', client.send(new TagResourceCommand({ SecretId: secret.arn, Tags })))
  const tested = await switchTo(secret, to, run)
  if (tested.done) return tested
  const back = await switchTo(secret, from, run, false)
  const restored = back.done
    ? `The former function is put back: ${from}.`
    : `The former function could NOT be put back: ${back.why}`
  if (back.done) await forget(secret, run)
  return { done: false, why: `${tested.why} ${restored}` }
}

/** Gives a secret back to its former function. @throws CannotAsk */
export async function goBack(secret: SecretFacts, run: Run): Promise<Switched> {
  const before = await remembered(secret, run)
  if (before === undefined) return { done: false, why: `It has no tag ${tagKey}: it was not adopted.` }
  const why = whyNot(secret)
  if (why !== undefined) return { done: false, why }
  // AWS's functions write no line about the outcome of a test.
  const switched = await switchTo(secret, before, run, false)
  if (switched.done) await forget(secret, run)
  return switched
}

function whyNot(secret: SecretFacts): string | undefined {
  if (secret.rotationEnabled !== true) return 'Its rotation is off: switching the function would switch it on.'
  if (lonePending(secret) === undefined) return undefined
  return `A rotation has not ended. Let it end first: keyturn doctor ${secret.name}`
}

/** @param mustTest false where a function is put back: its own test need not succeed */
async function switchTo(secret: SecretFacts, RotationLambdaARN: string, run: Run, mustTest = true): Promise<Switched> {
  const ClientRequestToken = randomUUID()
  const input = { SecretId: secret.arn, ClientRequestToken, RotationLambdaARN, RotateImmediately: false }
  try {
    await ask('secretsmanager:RotateSecret', run.secrets.client.send(new RotateSecretCommand(input)))
  } catch (error) {
    return { done: false, why: error instanceof Error ? error.message : String(error) }
  }
  const about = { ...secret, functionArn: RotationLambdaARN }
  const { outcome } = await watchStarted(about, { version: ClientRequestToken, again: false }, 'test', run)
  if (outcome === 'tested' || !mustTest) return { done: true }
  const code =
    outcome === 'failed' ? 'Its test has failed, as said above.' : `What came of its test is not known (${outcome}).`
  return { done: false, why: code }
}

async function remembered({ arn }: SecretFacts, { secrets }: Run): Promise<string | undefined> {
  const call = secrets.client.send(new DescribeSecretCommand({ SecretId: arn }))
  const { Tags = [] } = await ask('secretsmanager:DescribeSecret', call)
  return Tags.find(({ Key }) => Key === tagKey)?.Value
}

async function forget({ arn }: SecretFacts, { secrets }: Run): Promise<void> {
  const call = secrets.client.send(new UntagResourceCommand({ SecretId: arn, TagKeys: [tagKey] }))
  await ask('secretsmanager:UntagResource', call)
}

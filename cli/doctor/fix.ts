import { setTimeout as sleep } from 'node:timers/promises'
import {
  RotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { lonePending, versionWith } from '../../shared/secret-state.ts'
import { ask } from '../aws/ask.ts'
import type { Probed } from '../aws/functions.ts'
import type { Terminal } from '../terminal.ts'
import type { Plan } from './plan.ts'
import { type Answer, known, type Secret } from './seen.ts'
import { secretOf } from './services/secret.ts'

export interface Fixing {
  readonly client: SecretsManagerClient
  readonly secret: Secret
  readonly timeoutMs: number
  /** Asks the function once more about one version that has lost its label. */
  probeAgain(secret: Secret, version: string): Promise<Answer<Probed>>
  /** A line of the answer. */
  say(text: string): void
  /** Asks the operator whether to do it. */
  agrees(question: string): Promise<boolean>
  readonly progress: Terminal['progress']
}

const pending = 'AWSPENDING'
const pollMs = 1_000

/**
 * Carries out a plan, after asking. AWSCURRENT is never touched.
 * @returns whether nothing is left to do
 * @throws CannotAsk
 */
export async function carryOut(plan: Plan, fixing: Fixing): Promise<boolean> {
  if (plan.act === 'rotate') return rotateOn(plan.pending, fixing)
  if (plan.act === 'remove') return removePending(plan, fixing)
  fixing.say(plan.why)
  return false
}

async function rotateOn(
  version: string,
  { client, secret, timeoutMs, say, agrees, progress }: Fixing,
): Promise<boolean> {
  say(`Version ${version} has AWSPENDING and works: the rotation can go on.`)
  if (!(await agrees('Rotate on?'))) return refused(say)
  // With the token of that very version no other rotation can begin, whatever has happened meanwhile.
  const input = { SecretId: secret.arn, ClientRequestToken: version }
  await ask('secretsmanager:RotateSecret', client.send(new RotateSecretCommand(input)).catch(takenUp))
  const deadline = Date.now() + 4 * timeoutMs + 10 * pollMs
  progress('waits for AWSCURRENT to move ...')
  while (Date.now() < deadline) {
    const now = await described(client, secret)
    if (versionWith(now, 'AWSCURRENT') === version) {
      say(`Version ${version} is AWSCURRENT now.`)
      return true
    }
    await sleep(pollMs)
  }
  say(`Version ${version} is not AWSCURRENT yet. keyturn doctor ${secret.name} says what the rotation fails with.`)
  return false
}

/** "A previous rotation isn't complete. That rotation will be reattempted." is the answer that was wanted. */
function takenUp(error: unknown): undefined {
  if (error instanceof Error && /previous rotation isn.t complete/i.test(error.message)) return undefined
  throw error
}

async function removePending(
  { pending: version, current, timeoutMs }: Extract<Plan, { act: 'remove' }>,
  fixing: Fixing,
): Promise<boolean> {
  const { client, secret, say, agrees, progress } = fixing
  say(`AWSCURRENT (version ${current}) works, AWSPENDING (version ${version}) does not, and no step is running.`)
  // These lines come before anything is done: an operator who is cut off has them on the screen.
  say(
    `Should version ${version} work later after all, this puts the label back:\n    ${putBackCommand(secret, version)}`,
  )
  if (!(await agrees(`Remove AWSPENDING from version ${version}?`))) return refused(say)
  const before = await described(client, secret)
  if (lonePending(before) !== version || before.lastChanged !== secret.lastChanged) {
    say('The secret has changed meanwhile, so nothing was done. Look again.')
    return false
  }
  const input = { SecretId: secret.arn, VersionStage: pending, RemoveFromVersionId: version }
  await ask('secretsmanager:UpdateSecretVersionStage', client.send(new UpdateSecretVersionStageCommand(input)))
  progress(`waits ${Math.ceil(timeoutMs / 1000)} s for a step that nobody has seen ...`)
  await sleep(timeoutMs)
  return lookAgain(version, fixing)
}

async function lookAgain(version: string, fixing: Fixing): Promise<boolean> {
  const { client, secret, say } = fixing
  const now = await described(client, secret)
  const probed = await fixing.probeAgain(now, version)
  const findings = known(probed)?.findings ?? []
  const works = (id: string | undefined) =>
    findings.some((each) => each.version === id && each.about === 'version' && each.verdict === 'works')
  const [current, other] = [versionWith(now, 'AWSCURRENT'), versionWith(now, pending)]
  if (current === version) {
    say(`A step was running after all: version ${version} is AWSCURRENT now.`)
    return true
  }
  if (works(version) && other === undefined) {
    const back = { SecretId: secret.arn, VersionStage: pending, MoveToVersionId: version }
    await ask('secretsmanager:UpdateSecretVersionStage', client.send(new UpdateSecretVersionStageCommand(back)))
    say(`A step was running after all: version ${version} works now, and has AWSPENDING again.`)
    say(`Rotate on:\n    keyturn doctor ${secret.name} --fix`)
    return false
  }
  if (works(version)) {
    say(`Version ${version} works now, and another rotation has AWSPENDING. Once that has failed, this puts it back:`)
    say(`    ${putBackCommand(secret, version, other)}`)
    return false
  }
  if (works(current)) {
    say(`AWSPENDING is removed, and AWSCURRENT (version ${current}) works: the next rotation can start.`)
    return true
  }
  const found = findings.find(({ about, verdict }) => about === 'version' && verdict === 'works')?.version
  say(found === undefined ? 'Which version works is not known.' : `Version ${found} works.`)
  say(`This puts AWSPENDING back:\n    ${putBackCommand(secret, version, other)}`)
  return false
}

function refused(say: Fixing['say']): boolean {
  say('Nothing was done. --yes does it without asking.')
  return false
}

async function described(client: SecretsManagerClient, { arn }: Secret): Promise<Secret> {
  return ask('secretsmanager:DescribeSecret', secretOf(client, arn))
}

function putBackCommand({ arn }: Secret, version: string, from?: string): string {
  const remove = from === undefined ? '' : ` --remove-from-version-id ${from}`
  return `aws secretsmanager update-secret-version-stage --secret-id ${arn} --version-stage ${pending} --move-to-version-id ${version}${remove}`
}

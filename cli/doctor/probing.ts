import { versionWith } from '../../shared/secret-state.ts'
import type { Connection } from '../aws/connection.ts'
import type { VersionFacts } from '../aws/secrets.ts'
import { parsedArn } from './arn.ts'
import { answerTo } from './ask.ts'
import { known, type Lambda, type Secret, type Seen } from './seen.ts'
import { isKeyturn } from './whose.ts'

/**
 * The function's own look; of one that is not ours nobody knows what it would do. A probe makes one refused login at most: where that
 * is AWSCURRENT's, AWSPENDING and AWSPREVIOUS have a probe each in which they come first, until one of them works; none where
 * refused logins may lock the account, since AWSCURRENT comes first there in any case, and would be refused again.
 * @param suspect a version that takes the place of AWSPENDING's
 */
export async function probeAnswer(
  connection: Connection,
  lambda: Lambda | undefined,
  secret: Pick<Secret, 'arn' | 'labels'>,
  versionIds: readonly string[],
  suspect?: string,
): Promise<Seen['probe']> {
  if (lambda === undefined) return { unknown: 'there is no function' }
  if (!isKeyturn(lambda)) return { unknown: 'the function is not one of Keyturn, and cannot be probed' }
  const { functionsOf } = await import('../aws/functions.ts')
  const functions = functionsOf({ ...connection, region: parsedArn(lambda.arn)?.region })
  const wish = { versionIds, timeoutSeconds: lambda.timeoutSeconds }
  const ask = (first?: string) =>
    answerTo('lambda:InvokeFunction', () =>
      functions.probe(lambda.arn, secret.arn, { ...wish, ...(first && { first }) }),
    )
  const answer = await ask()
  // A function that is older than the probe is no cause.
  const { problem } = known(answer) ?? {}
  if (problem !== undefined && problem.code === undefined) return { unknown: problem.says }
  const current = versionWith(secret, 'AWSCURRENT')
  let findings = known(answer)?.findings ?? []
  const of = (id: string) => findings.find((each) => each.about === 'version' && each.version === id)
  if (current === undefined || of(current)?.verdict !== 'fails') return answer
  for (const id of [suspect ?? versionWith(secret, 'AWSPENDING'), versionWith(secret, 'AWSPREVIOUS')]) {
    if (id === undefined || of(id)?.verdict !== 'untried' || of(id)?.mayLock === true) continue
    const found = known(await ask(id))?.findings.find(({ about, version }) => about === 'version' && version === id)
    findings = findings.map((each) => (each.version === id && found !== undefined ? found : each))
    if (found?.verdict === 'works') break
  }
  return 'is' in answer ? { is: { ...answer.is, findings } } : answer
}

/** Ten versions that no label is on, the newest first. */
export function unlabelled(versions: readonly VersionFacts[] | undefined): readonly string[] {
  const found = (versions ?? []).filter(({ labels }) => labels.length === 0)
  return found
    .toSorted((a, b) => (b.created ?? 0) - (a.created ?? 0))
    .map(({ id }) => id)
    .slice(0, 10)
}

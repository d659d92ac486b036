import { versionWith } from '../../shared/secret-state.ts'
import type { Connection } from '../aws/connection.ts'
import type { VersionFacts } from '../aws/secrets.ts'
import { parsedArn } from './arn.ts'
import { answerTo } from './ask.ts'
import { known, type Lambda, type Secret, type Seen } from './seen.ts'
import { isKeyturn } from './whose.ts'

/**
 * Probes the function, if it is one of Keyturn's: nobody knows what another one would do. A probe makes one refused login at
 * most. Where that is AWSCURRENT's, AWSPENDING and AWSPREVIOUS each get a probe that tries them first, until one of them works;
 * not where refused logins may lock the account, since there AWSCURRENT comes first in any case, and would be refused again.
 * @param suspect a version to try in the place of AWSPENDING
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
  // That a function is older than the probe is no cause of a failed rotation.
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

/** The ten newest versions without a label, the newest first. */
export function unlabelled(versions: readonly VersionFacts[] | undefined): readonly string[] {
  const found = (versions ?? []).filter(({ labels }) => labels.length === 0)
  return found
    .toSorted((a, b) => (b.created ?? 0) - (a.created ?? 0))
    .map(({ id }) => id)
    .slice(0, 10)
}

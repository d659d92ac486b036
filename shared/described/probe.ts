import { say } from '../errors/words.ts'
import { type Finding, labelled, type ProbedVersion, tried, untried, version } from '../rotation/finding.ts'
import type { Kind } from './kind.ts'
import { listKeys } from './list.ts'
import type { Run } from './run.ts'
import type { DescribedSecret } from './secret.ts'
import { verifyKey } from './verify.ts'

const notNew = async () => false

/**
 * Each version is verified as testSecret does it, but without patience for a new one; what manages the others is asked for
 * the list of them, where the provider has one.
 */
export async function probeDescribed(
  versions: readonly ProbedVersion<DescribedSecret>[],
  { noun }: Kind,
  runOf: (secret: DescribedSecret) => Promise<Run>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const each of versions) {
    const { secret } = each
    if (secret.value === undefined) {
      findings.push(untried(version(each), say`It has no ${noun} yet.`))
      continue
    }
    const prove = async () => {
      const run = await runOf(secret)
      await verifyKey(secret, run, notNew)
      return say`${run.provider.description.title} knows the ${noun}.`
    }
    findings.push(await tried(version(each), prove))
  }
  const current = labelled(versions, 'AWSCURRENT')
  if (current === undefined) return findings
  const about = { about: 'administrator' } as const
  let isListed = true
  const managing = await tried(about, async () => {
    const run = await runOf(current.secret)
    const { list, title } = run.provider.description
    isListed = list !== undefined
    await listKeys(run)
    return say`${title} lets what makes new ${noun}s list them.`
  })
  if (isListed) return [...findings, managing]
  const why = say`The provider has no list: whether a ${noun} can be made shows only in createSecret.`
  return [...findings, untried(about, why)]
}

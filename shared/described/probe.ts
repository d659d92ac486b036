import { say } from '../errors/words.ts'
import type { HttpTesting } from '../http/client.ts'
import type { RotationContext } from '../rotation/context.ts'
import { type Finding, labelled, type ProbedVersion, tried, untried, version } from '../rotation/finding.ts'
import type { Kind } from './kind.ts'
import { listKeys } from './list.ts'
import { begin } from './run.ts'
import type { DescribedSecret } from './secret.ts'
import type { DescribedSettings } from './settings.ts'
import { verifyKey } from './verify.ts'

const notNew = async () => false

/**
 * Each version is verified as testSecret does it, but without patience for a new one; what manages the others is asked for
 * the list of them, where the provider has one.
 */
export async function probeDescribed(
  versions: readonly ProbedVersion<DescribedSecret>[],
  kind: Kind,
  settings: DescribedSettings,
  testing: HttpTesting,
  context: RotationContext,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const each of versions) {
    const { secret } = each
    if (secret.value === undefined) {
      findings.push(untried(version(each), say`It has no ${kind.noun} yet.`))
      continue
    }
    const prove = async () => {
      const run = await begin(secret, kind, settings, testing, context)
      await verifyKey(secret, run, notNew)
      return say`${run.provider.description.title} knows the ${kind.noun}.`
    }
    findings.push(await tried(version(each), prove))
  }
  const current = labelled(versions, 'AWSCURRENT')
  return current === undefined
    ? findings
    : [...findings, await managing(current.secret, kind, settings, testing, context)]
}

async function managing(
  secret: DescribedSecret,
  kind: Kind,
  settings: DescribedSettings,
  testing: HttpTesting,
  context: RotationContext,
): Promise<Finding> {
  const about = { about: 'administrator' } as const
  let isListed = true
  const finding = await tried(about, async () => {
    const run = await begin(secret, kind, settings, testing, context)
    const { list, title } = run.provider.description
    isListed = list !== undefined
    if (list !== undefined) await listKeys(list, run)
    return say`${title} lets what makes new ${kind.noun}s list them.`
  })
  if (isListed) return finding
  return untried(about, say`The provider has no list: whether a ${kind.noun} can be made shows only in createSecret.`)
}

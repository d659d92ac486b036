import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say, type Words } from '../../shared/errors/words.ts'
import { type Finding, labelled, type ProbedVersion, tried, untried, version } from '../../shared/rotation/finding.ts'
import { latestLabel } from './base.ts'
import type { OauthRun } from './requests.ts'
import type { OauthSecret } from './secret.ts'
import { isLetIn } from './token-check.ts'

type RunOf = (secret: OauthSecret) => Promise<OauthRun>

/** What a probe says of tokens: access tokens are used, and refresh tokens never, since that would use them up. */
export async function probeTokens(
  versions: readonly ProbedVersion<OauthSecret>[],
  runOf: RunOf,
): Promise<readonly Finding[]> {
  const newest = labelled(versions, latestLabel)?.secret.refreshToken
  const findings: Finding[] = []
  for (const each of versions) {
    findings.push(await aboutAccess(each, runOf))
    const { refreshToken } = each.secret
    const isOlder = newest !== undefined && refreshToken !== newest
    const which = ours(
      isOlder ? 'is older than that of KEYTURN_LATEST, and may be used up' : 'was not tried: that would use it up',
    )
    findings.push(untried({ about: 'rights', version: each.id }, say`the refresh token of this version ${which}`))
  }
  return findings
}

/** The same of access tokens that come without a refresh token. */
export async function probeAccess(
  versions: readonly ProbedVersion<OauthSecret>[],
  runOf: RunOf,
): Promise<readonly Finding[]> {
  return Promise.all(versions.map((each) => aboutAccess(each, runOf)))
}

/** @throws whatever is no RotationError: a defect */
async function aboutAccess(each: ProbedVersion<OauthSecret>, runOf: RunOf): Promise<Finding> {
  const about = version(each)
  let cannot: Words | undefined
  const finding = await tried(about, async () => {
    // What is wrong with the entry of the provider is a finding, too.
    const run = await runOf(each.secret)
    const { title, probe, introspection_endpoint } = run.provider.description
    if (probe === undefined && introspection_endpoint === undefined) {
      cannot = say`the entry of ${title} has neither "probe" nor "introspection_endpoint"`
      return cannot
    }
    if (await isLetIn(each.secret, run)) return say`${title} lets the access token in`
    throw new RotationError('TokenRefused', say`${title} does not take the access token.`, {
      likely: say`It has expired: most live for an hour.`,
      remedy: say`Rotate the secret; if that fails, its error says why.`,
    })
  })
  return cannot === undefined ? finding : untried(about, cannot)
}

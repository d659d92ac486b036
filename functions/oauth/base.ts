import { claimsIn, fingerprint } from '../../shared/rotation/claim-label.ts'
import type { OwnLabels, Version } from '../../shared/rotation/secret-type.ts'
import { isBearer, lifeIn } from './answer.ts'
import { type OauthSecret, parseOauthSecret } from './secret.ts'

/** The label of the version with the refresh token that was given last, whatever became of its rotation. */
export const latestLabel = 'KEYTURN_LATEST'

/** What the next tokens are asked for with. */
export interface Base {
  readonly secret: OauthSecret
  /** The version that its refresh token is in. */
  readonly version: Version<OauthSecret>
  /** Whether the tokens were given to a rotation that was never finished. */
  readonly isUnfinished: boolean
}

/**
 * The newest of AWSCURRENT and KEYTURN_LATEST. What somebody has written by hand since then wins, unless it brings back a refresh
 * token that is known to be used up: then its other fields count, and the tokens of KEYTURN_LATEST. A version that a claim has led to
 * counts like one with that label.
 * @returns the value itself where another run of this step has just stored one: that is the answer, and nothing to start from
 */
export async function baseOf(
  own: OwnLabels<OauthSecret>,
  token: string,
): Promise<Base | { readonly stored: OauthSecret }> {
  const current = await own.version('AWSCURRENT')
  if (current === undefined) throw new Error('a secret without AWSCURRENT')
  const latest = (await ledTo(current, own, token)) ?? (await latestOf(own))
  if (latest === undefined || latest.id === current.id) {
    return { secret: current.secret, version: current, isUnfinished: false }
  }
  if (latest.id === token) return { stored: latest.secret }
  // Of two that were made in the same millisecond, the one that was given for the other's refresh token is the later one.
  const isLater = latest.created >= current.created
  if (isLater) return { secret: latest.secret, version: latest, isUnfinished: true }
  const used = claimsIn(await own.labels()).flatMap((claim) => [claim.use, ...claim.used])
  const { refreshToken = '' } = current.secret
  const isUsed = used.includes(fingerprint(refreshToken)) && refreshToken !== latest.secret.refreshToken
  if (!isUsed) return { secret: current.secret, version: current, isUnfinished: false }
  return { secret: withTokensOf(latest.secret, current.secret), version: latest, isUnfinished: false }
}

/**
 * What the refresh token of AWSCURRENT, or one after it, was answered, where a claim says that it was used: KEYTURN_LATEST may have
 * been moved or taken off by hand.
 */
async function ledTo(
  current: Version<OauthSecret>,
  own: OwnLabels<OauthSecret>,
  token: string,
): Promise<Version<OauthSecret> | undefined> {
  const labels = await own.labels()
  const use = fingerprint(current.secret.refreshToken ?? '')
  const claims = claimsIn(labels).filter((claim) => claim.use === use || claim.used.includes(use))
  const isAnswer = (id: string) => claims.some((claim) => claim.token === fingerprint(id))
  const found = [...labels].find(([id, held]) => id !== current.id && id !== token && held.length > 0 && isAnswer(id))
  return found?.[1][0] === undefined ? undefined : own.version(found[1][0])
}

/** In the usual case it is AWSCURRENT's, and need not be read. */
async function latestOf(own: OwnLabels<OauthSecret>): Promise<Version<OauthSecret> | undefined> {
  const labels = await own.labels()
  const held = labels.values().find((each) => each.includes(latestLabel))
  if (held === undefined || held.includes('AWSCURRENT')) return undefined
  return own.version(latestLabel)
}

const tokenFields = ['access_token', 'refresh_token', 'token_type', 'expires_at', 'refresh_expires_at', 'expires_in']

function withTokensOf(tokens: OauthSecret, { json }: OauthSecret): OauthSecret {
  const rest = Object.entries(json).filter(([name]) => !tokenFields.includes(name))
  const fields = Object.entries(tokens.json).filter(([name]) => tokenFields.includes(name))
  return parseOauthSecret(JSON.stringify(Object.fromEntries([...rest, ...fields])))
}

/** An hour is what most access tokens live. */
const usualLifeMs = 3_600_000

/** Whether unfinished tokens may be promoted as they are: they are not expired, and nothing is odd about them. */
export function isFit({ secret, version }: Base, now: number): boolean {
  const { scope_before, token_type, expires_in } = secret.json
  if (scope_before !== undefined || !isBearer(token_type)) return false
  if (expires_in !== undefined && lifeIn(expires_in) === undefined) return false
  return now + 5 * 60_000 < (secret.expiresAt ?? version.created + usualLifeMs)
}

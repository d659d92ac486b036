import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { SecretDescription } from '../../shared/rotation/secret-store.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import { graceMs, type OauthServer, type RefreshRotation, type Tokens } from '../targets/oauth-server.ts'
import type { CallKind, Outside } from '../world/outside.ts'
import { lastWordMs } from '../world/run.ts'
import type { LabelStore } from './claims.ts'

/** Switches for the test of the tests. */
export interface OauthDefects {
  readonly dialsWithoutClaim?: boolean
  readonly judgesBeforeStoring?: boolean
  /** Takes the value of its own token, which another run has stored, for the newest one to start from. */
  readonly startsFromItsOwn?: boolean
  /** Takes a claim of a run that is alive for a grant that is lost. */
  readonly remembersTooEarly?: boolean
}

export interface OauthSurroundings {
  readonly server: OauthServer
  readonly rotation: RefreshRotation
  /** Whether introspection tells that a refresh token was consumed. */
  readonly introspects: boolean
  readonly outside: Outside
  readonly labels: LabelStore
  describe(): Promise<SecretDescription>
  readonly defects: OauthDefects
}

/** That a run is about to send a refresh token, or that it was found out to be lost. */
interface Claim {
  readonly token: string
  readonly at: number
  /** When the run that has made it is over. */
  readonly until: number
  readonly nonce: string
  readonly lost?: true
  /** How often a claim of this token was given back, by a run that has not sent it. */
  readonly givenBack?: number
}

/** A token request is not begun with less, in milliseconds. */
const leastMs = 15_000
const pauseMs = 5_000
const intent = ['KEYTURN_INTENT']

/**
 * The draft of createSecret for refresh tokens: take the newest, claim it, look whether AWSPENDING is still ours, send it once.
 * What comes back is stored as AWSPENDING and KEYTURN_LATEST before anybody judges it.
 */
export function oauthRefresh(around: OauthSurroundings): SecretType<Tokens> {
  const { outside, server, defects } = around
  return {
    overlap: true,
    parse: (text) => JSON.parse(text) as Tokens,
    sensitive: ({ access_token, refresh_token }) => [access_token, refresh_token],
    serialize: (secret) => JSON.stringify(secret),
    async create(versions, context) {
      const current = await versions.current()
      const latest = await around.labels.read('KEYTURN_LATEST')
      // What another run has just stored under our own token is the answer, and not what to start from: it would be used up
      // for a value that cannot be stored any more.
      if (latest?.id === context.token && defects.startsFromItsOwn !== true) return JSON.parse(latest.text) as Tokens
      const base = newest(current, latest?.text)
      if (around.rotation === 'none' || defects.dialsWithoutClaim === true) return dial(base, around, context)
      const found = await claimed(base, around, context)
      if (typeof found !== 'number') return found
      const { labels } = await around.describe()
      if (labels.get(context.token)?.includes('AWSPENDING') !== true) {
        // Else a later rotation would have to take the token for used up.
        await giveBack(base, around, found)
        throw new RotationError('NotPending', say`AWSPENDING is not on the version any more; nothing was consumed.`)
      }
      return dial(base, around, context)
    },
    async test({ pending }) {
      const alive = await at(outside, 'look', 'uses the new access token', () => server.isAlive(pending.access_token))
      if (!alive) throw new RotationError('LoginRefused', say`The server refuses the new access token.`)
    },
  }
}

/** What was minted last wins; but a value that somebody has put there by hand since then is of a later grant. */
function newest(current: Tokens, latest: string | undefined): Tokens {
  if (latest === undefined) return current
  const tokens = JSON.parse(latest) as Tokens
  return generation(tokens) >= generation(current) ? tokens : current
}

const generation = ({ refresh_token }: Tokens) => Number(refresh_token.slice(1))

/**
 * Claims the right to send a refresh token.
 * @returns the number of the claim where it may be sent, or the value that another run has stored
 * @throws RotationError where another run may be about to send it, or where it may be lost
 */
async function claimed(base: Tokens, around: OauthSurroundings, context: RotationContext): Promise<Tokens | number> {
  const { labels, defects } = around
  const { token, now, remainingMs, sleep } = context
  const nonce = Buffer.from(context.randomBytes(6)).toString('hex')
  const mine = { token: base.refresh_token, at: now(), until: now() + remainingMs() + lastWordMs, nonce }
  for (let number: number | undefined = 0; ; ) {
    if (number !== undefined && (await labels.put(idOf(`claim${number}`, base), JSON.stringify(mine), intent)))
      return number
    const stored = await labels.read('AWSPENDING', token)
    if (stored !== undefined) return JSON.parse(stored.text) as Tokens
    const last = await labels.read('KEYTURN_INTENT')
    const claim = last === undefined ? undefined : (JSON.parse(last.text) as Claim)
    const isFree: boolean =
      claim?.token === base.refresh_token && claim.givenBack !== undefined && claim.givenBack !== number
    number = isFree ? claim?.givenBack : undefined
    if (isFree) continue
    if (claim?.token === base.refresh_token && claim.givenBack === undefined) {
      if (claim.lost || defects.remembersTooEarly === true) throw await lost(base, around, claim)
      if (now() > claim.until) return mayBeSentAgain(base, around, claim, context)
    }
    if (remainingMs() < leastMs)
      throw new RotationError('TimedOut', say`Another run has claimed the refresh token.`, { retryable: true })
    await sleep(pauseMs)
  }
}

/** The run that has claimed it is over, and nobody knows how far it has come. */
async function mayBeSentAgain(base: Tokens, around: OauthSurroundings, claim: Claim, { now }: RotationContext) {
  if (around.rotation === 'grace' && now() - claim.at <= graceMs) return 0
  if (around.introspects && (await isActive(base, around))) return 0
  throw await lost(base, around, claim)
}

const isActive = ({ refresh_token }: Tokens, { outside, server }: OauthSurroundings) =>
  at(outside, 'look', 'introspects the refresh token', () => server.isActive(refresh_token))

/** Lets another run claim the token. */
async function giveBack(
  { refresh_token: token }: Tokens,
  { labels }: OauthSurroundings,
  number: number,
): Promise<void> {
  const given = { token, givenBack: number + 1 }
  await labels.put(`given-back${number}-${token}`.padEnd(36, '-'), JSON.stringify(given), intent)
}

/** Remembers it, so that later rotations ask nobody until there is another refresh token. */
async function lost(base: Tokens, { labels }: OauthSurroundings, claim: Claim): Promise<RotationError> {
  if (!claim.lost) await labels.put(idOf('lost', base), JSON.stringify({ ...claim, lost: true }), intent)
  return new RotationError('InvalidSecret', say`The refresh token may have been used up: authorize again.`)
}

async function dial(base: Tokens, around: OauthSurroundings, { remainingMs }: RotationContext): Promise<Tokens> {
  if (remainingMs() < leastMs) throw new RotationError('TimedOut', say`There is too little time left to begin.`)
  const { outside, server } = around
  const { refresh_token } = base
  const given = await at(outside, 'change', 'sends the refresh token', () => {
    try {
      return server.refresh(refresh_token, outside.now())
    } catch {
      throw new RotationError('InvalidSecret', say`The server does not take the refresh token: authorize again.`)
    }
  })
  if (around.defects.judgesBeforeStoring === true && generation(given) > 1)
    throw new RotationError('InvalidSecret', say`The answer has an id_token.`)
  return { ...base, ...given }
}

function idOf(what: string, { refresh_token }: Tokens): string {
  return `${what}-${refresh_token}`.padEnd(36, '-')
}

function at<T>(outside: Outside, kind: CallKind, name: string, effect: () => T): Promise<T> {
  return outside.call({
    ...{ kind, name, effect },
    lost: () => new RotationError('Unreachable', say`The server does not answer.`),
    timedOut: () => new RotationError('TimedOut', say`The time ran out.`),
  })
}

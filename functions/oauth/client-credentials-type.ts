import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { HttpTesting } from '../../shared/http/client.ts'
import type { ProviderSettings } from '../../shared/http/provider-settings.ts'
import { textIn } from '../../shared/json-secret.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { EarlierVersions, SecretType, Versions } from '../../shared/rotation/secret-type.ts'
import { lifeIn, withAnswer } from './answer.ts'
import { outlives } from './outlives.ts'
import { probeAccess } from './probe-versions.ts'
import { begin, type OauthRun } from './requests.ts'
import { type OauthSecret, oauthForm } from './secret.ts'
import { checkNotOdd, isLetIn } from './test.ts'
import { requestTokens } from './token-request.ts'

const dayMs = 24 * 3_600_000
/** What a client may say of the token that it wants (RFC 6749 §4.4.2, RFC 8707; Auth0's name for the same). */
const wishes = ['scope', 'resource', 'audience']

type RunOf = (secret: OauthSecret, context: RotationContext) => Promise<OauthRun>

/**
 * Access tokens that a client is given for its own (RFC 6749 §4.4). One is minted in createSecret; one that was minted and never
 * stored expires by itself, and harms nobody.
 * @param testing for servers on this machine
 */
export function clientCredentials(settings: ProviderSettings, testing: HttpTesting = {}): SecretType<OauthSecret> {
  const runOf: RunOf = (secret, context) => begin(secret, settings, testing, context)
  return {
    ...oauthForm,
    overlap: true,
    serialize: ({ text }) => text,
    create: (versions, context) => create(versions, context, runOf),
    test: (versions, context) => test(versions, context, runOf),
    outlives: (secret) => outlives(secret, settings),
    probe: (versions, context) => probeAccess(versions, (secret) => runOf(secret, context)),
  }
}

async function create(
  { current, own }: EarlierVersions<OauthSecret>,
  context: RotationContext,
  runOf: RunOf,
): Promise<OauthSecret> {
  const secret = await current()
  const run = await runOf(secret, context)
  const { description } = run.provider
  const parameters = Object.fromEntries(wishes.flatMap((name) => wishOf(name, secret)))
  const sentAt = context.now()
  const { accessToken, json } = await requestTokens({ type: 'client_credentials', parameters }, run)
  // RFC 6749 §4.4.3: there should be none, since a client that has its secret needs none.
  const given = withAnswer(secret, { accessToken, json, refreshToken: undefined }, description, sentAt)
  checkLife(lifeIn(json.expires_in), secret, await own.rotationDays(), run)
  context.did(say`had ${description.title} give a new access token`)
  return given
}

function wishOf(name: string, { json }: OauthSecret): [string, string][] {
  const value = textIn(json, name)
  return value === undefined ? [] : [[name, value]]
}

/** @throws RotationError TokenTooShort. The token that was given expires by itself */
function checkLife(
  life: number | undefined,
  { json }: OauthSecret,
  days: number | undefined,
  { context, provider }: OauthRun,
): void {
  if (days === undefined || json.on_demand === true) return
  if (life === undefined) {
    context.did(say`${provider.description.title} does not say how long the access token lives`)
    return
  }
  if (life >= days * dayMs) return
  throw new RotationError(
    'TokenTooShort',
    say`The access token lives for ${Math.floor(life / 60_000)} minutes, and a rotation is due every ${days} days: applications would have a dead one for most of the time.`,
    { effect: 'none' },
  )
}

async function test(
  { pending, isRehearsal }: Versions<OauthSecret>,
  context: RotationContext,
  runOf: RunOf,
): Promise<void> {
  const run = await runOf(pending, context)
  checkNotOdd(pending, run)
  if (await isLetIn(pending, run)) return
  const { title } = run.provider.description
  if (!(await isRehearsal())) throw new RotationError('TokenRefused', say`${title} does not take the new access token.`)
  context.did(say`there is no access token that ${title} takes: the next rotation has one given`)
}

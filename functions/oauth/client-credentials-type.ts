import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { HttpTesting } from '../../shared/http/client.ts'
import type { ProviderSettings } from '../../shared/http/provider-settings.ts'
import { textIn } from '../../shared/json-secret.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import { lifeIn, withAnswer } from './answer.ts'
import { outlives } from './outlives.ts'
import { probeAccess } from './probe.ts'
import { begin } from './requests.ts'
import { checkLife } from './schedule.ts'
import { type OauthSecret, oauthForm } from './secret.ts'
import { checkNotOdd } from './test-tokens.ts'
import { isLetIn } from './token-check.ts'
import { requestTokens } from './token-request.ts'

/** What a client may say of the token that it wants (RFC 6749 §4.4.2, RFC 8707; Auth0's name for the same). */
const wishes = ['scope', 'resource', 'audience']

/**
 * Access tokens that a client is given for its own (RFC 6749 §4.4). One is minted in createSecret; one that was minted and never
 * stored expires by itself, and harms nobody.
 * @param testing for servers on this machine
 */
export function clientCredentials(settings: ProviderSettings, testing: HttpTesting = {}): SecretType<OauthSecret> {
  const runOf = (secret: OauthSecret, context: RotationContext) => begin(secret, settings, testing, context)
  return {
    ...oauthForm,
    overlap: true,
    async create({ current, own }, context) {
      const secret = await current()
      const run = await runOf(secret, context)
      const { description } = run.provider
      const parameters: Record<string, string> = {}
      for (const name of wishes) {
        const value = textIn(secret.json, name)
        if (value !== undefined) parameters[name] = value
      }
      const sentAt = context.now()
      const { accessToken, json } = await requestTokens({ type: 'client_credentials', parameters }, run)
      // RFC 6749 §4.4.3: there should be none, since a client that has its secret needs none.
      const given = withAnswer(secret, { accessToken, json, refreshToken: undefined }, description, sentAt)
      checkLife(lifeIn(json.expires_in), secret, run, await own.rotationDays())
      context.did(say`had ${description.title} give a new access token`)
      return given
    },
    async test({ pending, isRehearsal }, context) {
      const run = await runOf(pending, context)
      checkNotOdd(pending, run)
      if (await isLetIn(pending, run)) return
      const { title } = run.provider.description
      if (!(await isRehearsal()))
        throw new RotationError('TokenRefused', say`${title} does not take the new access token.`)
      context.did(say`there is no access token that ${title} takes: the next rotation has one given`)
    },
    outlives: (secret) => outlives(secret, settings),
    probe: (versions, context) => probeAccess(versions, (secret) => runOf(secret, context)),
  }
}

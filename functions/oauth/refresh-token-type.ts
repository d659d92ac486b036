import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { HttpTesting } from '../../shared/http/client.ts'
import type { ProviderSettings } from '../../shared/http/provider-settings.ts'
import { claimsIn, fingerprint } from '../../shared/rotation/claim-label.ts'
import type { RotationContext } from '../../shared/rotation/context.ts'
import type { OwnLabels, SecretType } from '../../shared/rotation/secret-type.ts'
import { baseOf, isFit, latestLabel } from './base.ts'
import { checkNotEnded } from './ended.ts'
import { outlives } from './outlives.ts'
import { probeTokens } from './probe.ts'
import { descriptionOf, entryOf } from './providers.ts'
import { refreshClaimed, refreshFreely } from './refresh.ts'
import { begin } from './requests.ts'
import { warnOfSchedule } from './schedule.ts'
import { type OauthSecret, oauthForm } from './secret.ts'
import { testTokens } from './test-tokens.ts'

/**
 * OAuth tokens, which are refreshed in createSecret, the one step that stores. What the provider gives is stored before anybody
 * judges it, under a label of our own, too: the newest refresh token is never in a version that nobody can find.
 * @param testing for servers on this machine
 */
export function refreshToken(settings: ProviderSettings, testing: HttpTesting = {}): SecretType<OauthSecret> {
  const runOf = (secret: OauthSecret, context: RotationContext) => begin(secret, settings, testing, context)
  return {
    ...oauthForm,
    // Whether the access token of before dies with the refresh: then the time until the promotion is worth a metric.
    overlap: entryOf(settings.provider, settings)?.old_access_token !== 'dies',
    labels: ({ provider }) =>
      descriptionOf(provider ?? settings.provider, settings).rotation === 'none' ? [] : [latestLabel],
    async create({ own }, context) {
      const base = await baseOf(own, context.token)
      if ('stored' in base) return base.stored
      const { refreshToken: token } = base.secret
      if (token === undefined) throw noRefreshToken()
      const run = await runOf(base.secret, context)
      if (base.isUnfinished && isFit(base, context.now())) {
        context.did(say`took up the tokens that an earlier rotation was given and did not promote`)
        await forgetSettled(token, own)
        return base.secret
      }
      await checkNotEnded(base, run, own)
      const renew = run.provider.description.rotation === 'none' ? refreshFreely : refreshClaimed
      const given = await renew(token, base, run, own)
      warnOfSchedule(given, run, await own.rotationDays())
      return given
    },
    probe: (versions, context) => probeTokens(versions, (secret) => runOf(secret, context)),
    test: async (versions, context) => testTokens(versions, await runOf(versions.pending, context)),
    outlives: (secret) => outlives(secret, settings),
  }
}

/**
 * Where the server has given the same refresh token again, the claim that has led to these tokens would look like an open one as
 * soon as they are in another version.
 */
async function forgetSettled(token: string, own: OwnLabels<OauthSecret>): Promise<void> {
  const claims = claimsIn(await own.labels()).filter(({ use }) => use === fingerprint(token))
  for (const { label, version } of claims) await own.move(label, { from: version })
}

function noRefreshToken(): RotationError {
  return new RotationError('InvalidSecret', say`"refresh_token" is missing in the secret.`, {
    likely: say`The provider gives one only where it was asked for it: by the scope offline_access, or access_type=offline at Google.`,
    remedy: say`Authorize the client again with such a request, and put the tokens into the secret. A client without users needs OauthClientCredentials.`,
  })
}

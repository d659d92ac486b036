import { say, type Words } from '../../shared/errors/words.ts'

/** Providers whose keys no machine may mint, with what to use instead. Sources are in docs/api-keys.md. */
export const refusedProviders: Readonly<Record<string, Words>> = {
  sentry: say`Sentry lets no token make a token of an internal integration; make the new one by hand, or use an OAuth application.`,
  fastly: say`Fastly makes automation tokens for a superuser in a browser alone, and user tokens for a password; put the new token into the secret by hand.`,
  npm: say`npm asks for a password and a one-time code to make a token; publish with trusted publishing (OIDC), which needs no token.`,
  github: say`GitHub has no API that makes fine-grained tokens; use a GitHub App, whose installation tokens live for an hour.`,
  pagerduty: say`PagerDuty makes API keys in its web application alone; use a scoped OAuth client instead.`,
}

import auth0 from './providers/auth0.json' with { type: 'json' }
import entra from './providers/entra.json' with { type: 'json' }
import githubApp from './providers/github-app.json' with { type: 'json' }
import google from './providers/google.json' with { type: 'json' }
import hubspot from './providers/hubspot.json' with { type: 'json' }
import intuit from './providers/intuit.json' with { type: 'json' }
import keycloak from './providers/keycloak.json' with { type: 'json' }
import salesforce from './providers/salesforce.json' with { type: 'json' }
import xero from './providers/xero.json' with { type: 'json' }
import zoho from './providers/zoho.json' with { type: 'json' }

/**
 * The entries of providers that come with the functions, by name. Each is checked when it is used. What its members were read
 * in stands in providers/sources/; Keycloak alone has been run against.
 */
export const bundled: Readonly<Record<string, unknown>> = {
  auth0,
  entra,
  'github-app': githubApp,
  google,
  hubspot,
  intuit,
  keycloak,
  salesforce,
  xero,
  zoho,
}

import datadog from './providers/datadog.json' with { type: 'json' }
import gitlab from './providers/gitlab.json' with { type: 'json' }
import grafana from './providers/grafana.json' with { type: 'json' }
import jupyterhub from './providers/jupyterhub.json' with { type: 'json' }
import sendgrid from './providers/sendgrid.json' with { type: 'json' }
import twilio from './providers/twilio.json' with { type: 'json' }

/**
 * The descriptions that come with the function, by name. Each is checked when it is used. What its members were read in stands
 * in providers/sources/; JupyterHub alone has been run against.
 */
export const bundled: Readonly<Record<string, unknown>> = { datadog, gitlab, grafana, jupyterhub, sendgrid, twilio }

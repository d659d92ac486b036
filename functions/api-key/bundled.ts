import cloudflare from './providers/cloudflare.json' with { type: 'json' }
import datadog from './providers/datadog.json' with { type: 'json' }
import elasticsearch from './providers/elasticsearch.json' with { type: 'json' }
import gitlab from './providers/gitlab.json' with { type: 'json' }
import grafana from './providers/grafana.json' with { type: 'json' }
import jupyterhub from './providers/jupyterhub.json' with { type: 'json' }
import newrelic from './providers/newrelic.json' with { type: 'json' }
import openai from './providers/openai.json' with { type: 'json' }
import sendgrid from './providers/sendgrid.json' with { type: 'json' }
import twilio from './providers/twilio.json' with { type: 'json' }

/**
 * The descriptions that come with the function, by name. Each is checked when it is used. What its members were read in stands
 * in providers/sources/; JupyterHub alone has been run against.
 */
export const bundled: Readonly<Record<string, unknown>> = {
  cloudflare,
  datadog,
  elasticsearch,
  gitlab,
  grafana,
  jupyterhub,
  newrelic,
  openai,
  sendgrid,
  twilio,
}

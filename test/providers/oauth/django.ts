import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../local/servers/free-port.ts'
import { guardedServer } from '../../../local/servers/guarded-server.ts'
import { type HttpsFront, startHttpsFront } from '../../../local/servers/https-front.ts'
import { repositoryPath } from '../../support/function-under-test.ts'
import { pythonWith } from '../../support/python-environment.ts'

export const version = '3.4.1'
/** The series that this version is made for; the one after it may not be. */
const django = '5.2.19'

/** How the server treats refresh tokens: https://django-oauth-toolkit.readthedocs.io/en/latest/settings.html */
export interface RefreshSettings {
  readonly ROTATE_REFRESH_TOKEN: boolean
  readonly REFRESH_TOKEN_GRACE_PERIOD_SECONDS: number
  readonly REFRESH_TOKEN_REUSE_PROTECTION: boolean
}

/** A grant that somebody has given to a client of its own. */
export interface Grant {
  readonly client_id: string
  readonly client_secret: string
  readonly access_token: string
  readonly refresh_token: string
}

export interface DjangoOauth extends AsyncDisposable {
  readonly front: HttpsFront
  /** Holds for all requests from now on. */
  settings(wanted: RefreshSettings): Promise<void>
  /** A client, a user, and the tokens that it gets for the user's password. */
  grant(): Promise<Grant>
  /** Asks the token endpoint to refresh. */
  refresh(grant: Pick<Grant, 'client_id' | 'client_secret' | 'refresh_token'>): Promise<Tokens>
  /** What the introspection endpoint says of a token. */
  isActive(grant: Pick<Grant, 'client_id' | 'client_secret'>, token: string): Promise<boolean>
  log(): string
}

export interface Tokens {
  readonly status: number
  readonly access_token?: string
  readonly refresh_token?: string
  readonly error?: string
}

/** Starts a django-oauth-toolkit behind TLS, with a database of its own in a file. */
export async function startDjangoOauth(): Promise<DjangoOauth> {
  const python = await pythonWith(`django-oauth-toolkit==${version}`, `django==${django}`)
  const [folder, port] = [await mkdtemp(join(tmpdir(), 'keyturn-django-')), await freePort()]
  const script = repositoryPath('test/providers/oauth/django-server.py')
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' }
  const server = guardedServer(folder, 'KILL', [python, script, String(port)], env, {})
  let said = ''
  server.process.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const own = `http://127.0.0.1:${port}`
  await answering(
    own,
    () => server.process.exitCode !== null,
    () => said,
  )
  const front = await startHttpsFront(port)
  const asked = async (path: string, body: Readonly<Record<string, string>>, headers = {}) => {
    const response = await fetch(own + path, { method: 'POST', headers, body: new URLSearchParams(body) })
    const text = await response.text()
    const json: unknown = text.startsWith('{') ? JSON.parse(text) : {}
    return { status: response.status, ...(json as object) } as Tokens & Readonly<Record<string, unknown>>
  }
  return {
    front,
    async settings(wanted) {
      await asked('/control/settings', { json: JSON.stringify(wanted) })
    },
    async grant() {
      const client = (await asked('/control/client', {})) as unknown as Grant & { username: string; password: string }
      const { client_id, client_secret, username, password } = client
      const tokens = await asked(
        '/o/token/',
        { grant_type: 'password', username, password, scope: 'read introspection' },
        basic({ client_id, client_secret }),
      )
      const { access_token = '', refresh_token = '' } = tokens
      if (refresh_token === '') throw new Error(`django-oauth-toolkit gave no grant: ${JSON.stringify(tokens)}`)
      return { client_id, client_secret, access_token, refresh_token }
    },
    refresh: ({ refresh_token, ...client }) =>
      asked('/o/token/', { grant_type: 'refresh_token', refresh_token }, basic(client)),
    async isActive(client, token) {
      return (await asked('/o/introspect/', { token }, basic(client))).active === true
    },
    log: () => said,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await server.end()
    },
  }
}

function basic({ client_id, client_secret }: Pick<Grant, 'client_id' | 'client_secret'>) {
  return { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` }
}

/** On a machine that is busy with other things, a minute and more. */
async function answering(url: string, hasEnded: () => boolean, said: () => string): Promise<void> {
  const until = Date.now() + 180_000
  while (Date.now() < until && !hasEnded()) {
    const answer = await fetch(`${url}/control/ready`).catch(() => undefined)
    if (answer?.ok) return
    await sleep(100)
  }
  throw new Error(`django-oauth-toolkit did not start: ${said().slice(-4_000)}`)
}

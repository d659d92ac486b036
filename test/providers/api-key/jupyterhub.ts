import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../local/servers/free-port.ts'
import { guardedServer } from '../../../local/servers/guarded-server.ts'
import { type HttpsFront, startHttpsFront } from '../../../local/servers/https-front.ts'
import { pythonWith } from '../../support/python-environment.ts'

export const version = '6.1.1'

export interface JupyterHub extends AsyncDisposable {
  readonly front: HttpsFront
  /** A token that may manage those of all users. */
  readonly admin: string
  /** Makes a user with a token that may manage the user's own. */
  user(name?: string): Promise<{ readonly name: string; readonly token: string; readonly id: string }>
  tokens(user: string): Promise<readonly { readonly id: string; readonly note: string }[]>
  /** Whether the hub lets somebody in with a token. */
  letsIn(token: string): Promise<boolean>
  log(): string
}

/** Starts a hub without a proxy and without notebooks, behind TLS: its API alone. */
export async function startJupyterHub(): Promise<JupyterHub> {
  const python = await pythonWith(`jupyterhub==${version}`)
  const [folder, port] = [await mkdtemp(join(tmpdir(), 'keyturn-jupyterhub-')), await freePort()]
  const admin = randomBytes(32).toString('hex')
  const config = join(folder, 'config.py')
  await writeFile(config, configuration(port, admin))
  const server = guardedServer(
    folder,
    'KILL',
    [python, '-m', 'jupyterhub', '-f', config],
    { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    {},
  )
  let said = ''
  server.process.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const hub = `http://127.0.0.1:${port}/hub/api`
  await answering(hub, () => said)
  const front = await startHttpsFront(port)

  async function api(method: string, path: string, body?: object, token = admin): Promise<Response> {
    const headers = { authorization: `token ${token}` }
    return fetch(`${hub}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  }
  return {
    front,
    admin,
    log: () => said,
    async user(name = `u-${randomUUID().slice(0, 8)}`) {
      await api('POST', '/users', { usernames: [name] })
      const answer = await api('POST', `/users/${encodeURIComponent(name)}/tokens`, { note: 'by hand' })
      const { token, id } = (await answer.json()) as { token: string; id: string }
      return { name, token, id }
    },
    async tokens(name) {
      const answer = await api('GET', `/users/${encodeURIComponent(name)}/tokens`)
      const { api_tokens: tokens } = (await answer.json()) as { api_tokens: { id: string; note: string }[] }
      return tokens.map(({ id, note }) => ({ id, note }))
    },
    letsIn: async (token) => (await api('GET', '/user', undefined, token)).ok,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await server.end()
    },
  }
}

async function answering(hub: string, said: () => string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (
      await fetch(`${hub}/`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return
    await sleep(100)
  }
  throw new Error(`JupyterHub did not start: ${said().slice(-4_000)}`)
}

/** As its documentation has it ("Configuration Reference", "Custom proxies"). */
function configuration(port: number, admin: string): string {
  return `from jupyterhub.proxy import Proxy
class NoProxy(Proxy):
    should_start = False
    async def add_route(self, spec, target, data): self.__dict__.setdefault('r', {})[spec] = dict(routespec=spec, target=target, data=data)
    async def delete_route(self, spec): self.__dict__.get('r', {}).pop(spec, None)
    async def get_all_routes(self): return self.__dict__.get('r', {})
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.hub_ip = '127.0.0.1'
c.JupyterHub.hub_port = ${port}
c.JupyterHub.authenticator_class = 'dummy'
c.DummyAuthenticator.allow_all = True
c.JupyterHub.db_url = 'sqlite:///:memory:'
c.JupyterHub.cookie_secret = b'0' * 32
c.JupyterHub.services = [{'name': 'rotator', 'api_token': '${admin}'}]
c.JupyterHub.load_roles = [{'name': 'rotator', 'scopes': ['tokens', 'admin:users', 'users'], 'services': ['rotator']}]
`
}

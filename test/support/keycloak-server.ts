import { randomBytes } from 'node:crypto'
import { cp, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../local/servers/free-port.ts'
import { guardedServer } from '../../local/servers/guarded-server.ts'
import { java } from './java.ts'
import { unpackedArtefact } from './maven.ts'

const version = '26.4.7'
const archive = {
  coordinates: `org.keycloak:keycloak-quarkus-dist:${version}:zip`,
  sha256: 'dd9834c023460be856f731423d86228c23b5d002194a2064642bec0cc6573eaa',
}
/** On two processors that others use too it takes a minute; nobody should have to guess how busy a machine can be. */
const patienceMs = 8 * 60_000

export interface KeycloakServer extends AsyncDisposable {
  readonly version: string
  /** Of plain HTTP, on loopback. */
  readonly port: number
  readonly admin: { readonly username: string; readonly password: string }
  log(): string
}

/**
 * Starts a Keycloak with a database in memory. Its build for this database and these features is kept in the cache: that is
 * half of what its development mode does at each start.
 * @throws Error with what it said, where it did not start
 */
export async function startKeycloak(): Promise<KeycloakServer> {
  const program = await java()
  const build = command(program, '.', ['build', '--db=dev-mem', '--features=client-secret-rotation'])
  const unpacked = await unpackedArtefact(archive, `cd keycloak-${version} && ${build.map(quoted).join(' ')}`)
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-keycloak-'))
  // It writes into its own folder, and what lies in the cache stays as it is.
  await cp(join(unpacked, `keycloak-${version}`), join(folder, 'keycloak'), { recursive: true })
  const [port, management] = [await freePort(), await freePort()]
  const admin = { username: 'admin', password: randomBytes(16).toString('hex') }
  const options = ['--http-enabled=true', '--http-host=127.0.0.1', `--http-port=${port}`, '--cache=local']
  const more = [`--http-management-port=${management}`, '--hostname-strict=false']
  const start = command(program, join(folder, 'keycloak'), ['start', '--optimized', ...options, ...more])
  const env = {
    ...process.env,
    KC_BOOTSTRAP_ADMIN_USERNAME: admin.username,
    KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
  }
  const server = guardedServer(folder, 'KILL', ['sh', '-c', 'exec "$@" >&2', 'sh', ...start], env, {})
  let said = ''
  server.process.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ready = `http://127.0.0.1:${port}/realms/master/.well-known/openid-configuration`
  for (const until = Date.now() + patienceMs; !(await answers(ready)); await sleep(250)) {
    if (server.process.exitCode === null && Date.now() < until) continue
    await server.end()
    throw new Error(`Keycloak did not start: ${said.slice(-4_000)}`)
  }
  return { version, port, admin, log: () => said, [Symbol.asyncDispose]: () => server.end() }
}

/** What bin/kc.sh runs, without the shell in between, which a signal would end alone; and with a JVM that starts fast. */
function command(program: string, home: string, args: readonly string[]): string[] {
  const opened = ['java.base/java.util', 'java.base/java.util.concurrent', 'java.base/java.security']
  const properties = {
    'file.encoding': 'UTF-8',
    'java.security.egd': 'file:/dev/urandom',
    'java.util.concurrent.ForkJoinPool.common.threadFactory':
      'io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory',
    'java.util.logging.manager': 'org.jboss.logmanager.LogManager',
    'kc.home.dir': home,
    'jboss.server.config.dir': `${home}/conf`,
    'picocli.disable.closures': 'true',
    'quarkus-log-max-startup-records': '10000',
  }
  return [
    program,
    ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:MaxMetaspaceSize=256m', '-Xms128m', '-Xmx512m'],
    ...opened.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
    ...['-cp', `${home}/lib/quarkus-run.jar`, 'io.quarkus.bootstrap.runner.QuarkusEntryPoint', ...args],
  ]
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (answer) => answer.ok,
    () => false,
  )
}

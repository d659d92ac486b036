import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LocalstackContainer } from '@testcontainers/localstack'
import { getContainerRuntimeClient } from 'testcontainers'
import type { TestProject } from 'vitest/node'
import { selfSignedCertificate } from '../../local/servers/certificate.ts'
import { createNetwork, label, removeLeftovers, removeRun, runName, whatIsMissing } from './docker.ts'
import type { Server } from './drivers.ts'
import { type CertificateFiles, engine, engines } from './engines.ts'
import { makeHeldFunction } from './held-function.ts'

export interface Database extends Server {
  /** Host and port inside the containers' network. */
  readonly inside: { readonly host: string; readonly port: number }
  readonly superuser: { readonly username: string; readonly password: string }
}

/** What runs for all tests of a run. */
export interface Containers {
  readonly network: string
  /** For files of the run; goes away with it. */
  readonly folder: string
  readonly ca: string
  readonly databases: Readonly<Record<string, Database>>
  readonly localstack: {
    readonly endpoint: string
    /** The endpoint inside the containers' network. */
    readonly inside: string
    readonly heldFunction: string
  }
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly containers: Containers
  }
}

const localstackImage = process.env.KEYTURN_IMAGE_LOCALSTACK || 'localstack/localstack:4.14.0'
const services = 'cloudformation,s3,iam,lambda,logs,events,cloudwatch,sns,secretsmanager,sts,ssm,kms'
/** Of LocalStack and of SAM, which leave pulling it to others. */
const lambdaImages = ['24', process.arch === 'arm64' ? '24-arm64' : '24-x86_64'].map(
  (tag) => `public.ecr.aws/lambda/nodejs:${tag}`,
)

/** Vitest's global setup: all containers are started once, side by side, and removed however the run ends. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const missing = await whatIsMissing()
  if (missing !== undefined) giveUp(missing)
  ensureImages([...Object.values(engines).map(({ image }) => image), localstackImage, ...lambdaImages])
  // This run has a reaper of its own (reaper.ts).
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  await removeLeftovers()
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-containers-'))
  const reaper = startReaper(folder)
  const removeAll = async () => {
    await removeRun(runName)
    await rm(folder, { recursive: true, force: true })
    reaper.kill()
  }
  try {
    await createNetwork()
    const ca = await certificate(folder)
    const files = { certificate: join(folder, 'server.crt'), key: join(folder, 'server.key') }
    const names = Object.keys(engines)
    const [localstack, ...databases] = await Promise.all([
      startLocalstack(),
      ...names.map((name) => startDatabase(name, ca, files)),
    ])
    const byName = Object.fromEntries(databases.map((database, index) => [names[index], database]))
    project.provide('containers', { network: runName, folder, ca, databases: byName, localstack })
  } catch (error) {
    await removeAll()
    throw error
  }
  return removeAll
}

function giveUp(sentence: string): never {
  console.error(`\n${sentence}\n`)
  process.exit(1)
}

function ensureImages(images: readonly string[]) {
  const ensure = fileURLToPath(new URL('../images/ensure', import.meta.url))
  const { status } = spawnSync(ensure, images, { stdio: 'inherit' })
  if (status !== 0) giveUp(`The container tests need the images ${images.join(', ')}; see above which one is missing.`)
}

function startReaper(folder: string) {
  const script = fileURLToPath(new URL('reaper.ts', import.meta.url))
  // Detached: Ctrl-C in a terminal goes to all processes of the foreground, and this one has to be left.
  const reaper = spawn(process.execPath, [script, runName, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  reaper.unref()
  ;(reaper.stdin as Socket).unref()
  return reaper
}

async function certificate(folder: string): Promise<string> {
  const { certificate, key } = await selfSignedCertificate(['localhost', await engineHost(), ...Object.keys(engines)])
  await writeFile(join(folder, 'server.crt'), certificate)
  await writeFile(join(folder, 'server.key'), key)
  return certificate
}

async function startDatabase(name: string, ca: string, files: CertificateFiles): Promise<Database> {
  const { image, port, superuser, container, driver } = engine(name)
  const password = `Pw${randomBytes(12).toString('hex')}`
  const started = await container(image, password, files)
    .withLabels({ [label]: runName })
    .withNetworkMode(runName)
    .withNetworkAliases(name)
    .start()
  const login = { username: superuser, password }
  const server = { host: await engineHost(), port: started.getMappedPort(port), ca }
  for (let attempt = 1; ; attempt++) {
    try {
      await driver(server, login, ['CREATE TABLE orders AS SELECT 42 AS total'])
      break
    } catch (error) {
      // The port of MySQL is open a moment before the server answers there.
      if (attempt === 50) throw error
      await sleep(200)
    }
  }
  return { ...server, inside: { host: name, port }, superuser: login }
}

async function startLocalstack(): Promise<Containers['localstack']> {
  const { remoteSocketPath } = (await getContainerRuntimeClient()).info.containerRuntime
  const started = await new LocalstackContainer(localstackImage)
    .withEnvironment({
      SERVICES: services,
      LAMBDA_DOCKER_NETWORK: runName,
      LAMBDA_DOCKER_FLAGS: `-l ${label}=${runName}`,
      // The functions ask Docker's own name server, which knows the databases.
      DNS_ADDRESS: '0',
    })
    .withLabels({ [label]: runName })
    .withNetworkMode(runName)
    .withNetworkAliases('localstack')
    .withBindMounts([{ source: remoteSocketPath, target: '/var/run/docker.sock' }])
    .start()
  const endpoint = `http://${await engineHost()}:${started.getMappedPort(4566)}`
  return { endpoint, inside: 'http://localstack:4566', heldFunction: await makeHeldFunction(endpoint) }
}

/** Where the containers' ports are for this process. Not localhost: a port may be open at one of its two addresses alone. */
async function engineHost(): Promise<string> {
  const { host } = (await getContainerRuntimeClient()).info.containerRuntime
  return host === 'localhost' ? '127.0.0.1' : host
}

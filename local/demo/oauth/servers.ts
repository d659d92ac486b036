import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { selfSignedCertificate } from '../../servers/certificate.ts'
import {
  type ClientRegistration,
  registrationEntry,
  startClientRegistration,
} from '../../servers/client-registration.ts'
import type { HttpsFront } from '../../servers/https-front.ts'
import { type OauthServer, startOauthServer } from '../../servers/oauth-server.ts'
import { oauthDescription } from '../../servers/oauth-server-description.ts'

/** What becomes of a refresh token that was used, by the name of the provider's entry. */
export const behaviours = ['strict', 'grace', 'none'] as const
export type Behaviour = (typeof behaviours)[number]

export interface OauthServers extends AsyncDisposable {
  readonly servers: Readonly<Record<Behaviour, OauthServer>>
  readonly registration: ClientRegistration
  readonly fronts: readonly HttpsFront[]
  /** Variables of the functions. */
  readonly env: Readonly<Record<string, string>>
}

export const modules = Object.fromEntries(
  [
    ['OauthRefreshToken', 'refresh-token'],
    ['OauthClientCredentials', 'client-credentials'],
    ['OauthClientSecret', 'client-secret'],
  ].map(([id = '', file]) => [id, fileURLToPath(new URL(`${file}.ts`, import.meta.url))]),
)

/** Three servers that treat refresh tokens differently, and one that manages clients, with one file of entries. */
export async function startOauthServers(): Promise<OauthServers> {
  const certificate = await selfSignedCertificate()
  const [strict, grace, none, registration] = await Promise.all([
    startOauthServer({ rotation: 'single_use', certificate }),
    startOauthServer({ rotation: 'single_use', graceMs: 600_000, certificate }),
    startOauthServer({ rotation: 'none', certificate }),
    startClientRegistration({}, certificate),
  ])
  const servers = { strict, grace, none }
  const rotations = { strict: 'single_use', grace: 'grace:600', none: 'none' }
  const entries = [
    ...behaviours.map((name) => ({ ...oauthDescription(servers[name].front, rotations[name]), name })),
    // The probe asks for a user, whom a token of a client's own has not.
    { ...oauthDescription(none.front, 'none'), name: 'own', probe: undefined },
    registrationEntry(registration.front),
  ]
  const fronts = [strict.front, grace.front, none.front, registration.front]
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-demo-oauth-'))
  const [file, ca] = [join(folder, 'providers.json'), join(folder, 'ca.pem')]
  await writeFile(file, JSON.stringify(entries))
  await writeFile(ca, certificate.certificate)
  return {
    servers,
    registration,
    fronts,
    env: { OAUTH_PROVIDERS: file, OAUTH_HOSTS: fronts.map(({ host }) => host).join(','), HTTP_CA_BUNDLE: ca },
    async [Symbol.asyncDispose]() {
      await Promise.all([strict, grace, none, registration].map((server) => server[Symbol.asyncDispose]()))
      await rm(folder, { recursive: true })
    },
  }
}

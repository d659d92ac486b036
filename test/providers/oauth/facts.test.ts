import { afterAll, describe, expect, it } from 'vitest'
import { whyNoMaven } from '../../support/maven.ts'
import { startDjangoOauth, version } from './django.ts'
import { type Keycloak, keycloak } from './keycloak.ts'

// What the functions rest on: how the servers treat a refresh token that was used, and what they say of it.

const django = await startDjangoOauth()
const why = await whyNoMaven()
const server = why === undefined ? await keycloak() : (undefined as unknown as Keycloak)
afterAll(async () => {
  await django[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

describe(`a refresh token that was used, on django-oauth-toolkit ${version}`, {
  meta: { server: `django-oauth-toolkit ${version}` },
}, () => {
  async function replayed(grace: number, protection: boolean) {
    await django.settings({
      ROTATE_REFRESH_TOKEN: true,
      REFRESH_TOKEN_GRACE_PERIOD_SECONDS: grace,
      REFRESH_TOKEN_REUSE_PROTECTION: protection,
    })
    const grant = await django.grant()
    const first = await django.refresh(grant)
    const says = {
      consumed: await django.isActive(grant, grant.refresh_token),
      live: await django.isActive(grant, first.refresh_token ?? ''),
    }
    const second = await django.refresh(grant)
    const third = await django.refresh({ ...grant, refresh_token: first.refresh_token ?? '' })
    return { first, second, says, isAlive: third.status === 200 }
  }

  it('is answered again with the very same tokens within the grace', async () => {
    const { first, second } = await replayed(60, true)
    expect([first.status, second.status]).toEqual([200, 200])
    expect([second.refresh_token, second.access_token]).toEqual([first.refresh_token, first.access_token])
  })

  it.each([
    [true, 'kills the grant with reuse protection', false],
    [false, 'leaves the grant alive without reuse protection', true],
  ] as const)('sent again without a grace, and protection %s: %s', async (protection, _what, isAlive) => {
    const replay = await replayed(0, protection)
    expect([replay.first.status, replay.second.status]).toEqual([200, 400])
    expect(replay.isAlive).toBe(isAlive)
  })

  it('is inactive to introspection, and so is the one that works', async () => {
    expect((await replayed(60, true)).says).toEqual({ consumed: false, live: false })
  })
})

describe.skipIf(why !== undefined)('Keycloak', { meta: { server: `Keycloak ${server?.version}` } }, () => {
  it.each([
    [undefined, [200, 200, 200], true],
    [0, [200, 400, 400], false],
    [1, [200, 200, 400], false],
  ] as const)('with %s allows more uses of a refresh token: %j', async (refreshTokenMaxReuse, statuses, isAlive) => {
    const realm = await server.realm({ ...(refreshTokenMaxReuse !== undefined && { refreshTokenMaxReuse }) })
    const { refresh_token: used = '' } = await realm.grant()
    const first = await realm.refresh(used)
    // What introspection says of the used one is not to be rested on.
    expect(await realm.isActive(used)).toBe(true)
    const [second, third] = [await realm.refresh(used), await realm.refresh(used)]
    expect([first.status, second.status, third.status]).toEqual(statuses)
    expect((await realm.refresh(first.refresh_token ?? '')).status === 200).toBe(isAlive)
  })

  it('accepts the secret before for the grace, beside the new one, and can show the new one again', async () => {
    const { client, ofClient, letsIn } = await server.realm({ graceSeconds: 172_800 })
    const { status, value } = await ofClient('POST', 'client-secret')
    expect([status, value === client.client_secret]).toEqual([200, false])
    expect([await letsIn(client.client_secret), await letsIn(value)]).toEqual([true, true])
    expect((await ofClient('GET', 'client-secret')).value).toBe(value)
  })

  it('kills the secret before the last one when a third is made', async () => {
    const { client, ofClient, letsIn } = await server.realm({ graceSeconds: 172_800 })
    const second = (await ofClient('POST', 'client-secret')).value
    const third = (await ofClient('POST', 'client-secret')).value
    expect([await letsIn(client.client_secret), await letsIn(second), await letsIn(third)]).toEqual([false, true, true])
  })
})

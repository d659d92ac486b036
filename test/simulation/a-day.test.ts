import { expect, it } from 'vitest'
import { RotationError } from '../../shared/errors/rotation-error.ts'
import { steps } from '../../shared/rotation/event.ts'
import { settled } from '../../simulation/explore/settled.ts'
import { oauthCases, simulatedOauth } from '../../simulation/targets/oauth.ts'
import { startRun } from '../../simulation/world/run.ts'
import { newWorld, rotateSecret, valueWith } from '../../simulation/world/world.ts'

/** A secret whose rotations are started by a clock that the test moves, with the rules of AWS about versions. */
function secretOf(name: string) {
  const found = oauthCases.find((each) => each.name === name)
  if (found === undefined) throw new Error(`There is no ${name}.`)
  const type = simulatedOauth(found)
  const world = newWorld(type.target(), (superuser) => type.value(superuser), '{}')
  return {
    refreshToken: () =>
      (JSON.parse(valueWith(world, 'AWSCURRENT') ?? '{}') as { refresh_token?: string }).refresh_token,
    /** @returns the code of the error that the rotation has ended with */
    async rotate(minutesLater: number): Promise<string> {
      world.secrets.clock.set(world.secrets.clock.now() + minutesLater * 60_000)
      const token = rotateSecret(world) ?? ''
      for (const step of steps) {
        const run = startRun(world, type, { label: token, step, token }, true)
        await settled()
        if (run.state !== 'succeeded') return run.error instanceof RotationError ? run.error.code : String(run.error)
      }
      return 'promoted'
    },
  }
}

it('a rotation every sixteen minutes goes on for two days, and every refresh token is stored', async () => {
  const secret = secretOf('oauth-single-use')
  for (let n = 1; n <= 180; n++) {
    expect([n, await secret.rotate(16)]).toEqual([n, 'promoted'])
    expect(secret.refreshToken()).toBe(`R${n}`)
  }
})

it('a rotation every ten minutes is refused by name after 96 of them, before a token is used up, and goes on later', async () => {
  const secret = secretOf('oauth-single-use')
  for (let n = 1; n <= 96; n++) expect([n, await secret.rotate(10)]).toEqual([n, 'promoted'])
  for (let n = 0; n < 3; n++) expect(await secret.rotate(10)).toBe('RotatedTooOften')
  expect(secret.refreshToken()).toBe('R96')
  expect(await secret.rotate(24 * 60)).toBe('promoted')
  expect(secret.refreshToken()).toBe('R97')
})

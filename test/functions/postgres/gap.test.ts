import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { postgresServer } from '../../support/postgres.ts'
import { fourSteps } from '../../support/secrets-manager.ts'
import { alternatingUsers, type PostgresType, singleUser } from './secret-types.ts'

const server = await postgresServer(18)

/** The Gap metrics of each step of a rotation, and how long it can have been at most. */
async function gapsOf(type: PostgresType) {
  const suite = await suiteFor(type)
  await using _ = suite.secrets
  const rotation = await suite.secrets.begin((await suite.stored()).secretId)
  const began = performance.now()
  const gaps: number[][] = []
  for (const step of [...fourSteps, 'finishSecret'] as const) {
    const { logs } = await rotation.attempt(step)
    const lines = logs.split('\n').filter((line) => line.includes('"Gap":'))
    gaps.push(lines.map((line) => Number((JSON.parse(line) as { Gap: unknown }).Gap)))
    if (step === 'setSecret') await sleep(150)
  }
  return { gaps, atMost: performance.now() - began }
}

describe('the gap of a rotation', { meta: { server: server.label } }, () => {
  it('is told once by single-user, with the promotion, as the longest time without a value that works', async () => {
    const { gaps, atMost } = await gapsOf(singleUser(server))
    expect(gaps.map((found) => found.length)).toEqual([0, 0, 0, 1, 0])
    expect(gaps[3]?.[0]).toBeGreaterThanOrEqual(150)
    expect(gaps[3]?.[0]).toBeLessThanOrEqual(atMost + 1)
  })

  it('is none with alternating-users', async () => {
    const { gaps } = await gapsOf(alternatingUsers(server, 'missing'))
    expect(gaps.flat()).toEqual([])
  })
})

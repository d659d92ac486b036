import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect } from 'vitest'
import { findLeak } from '../support/leaks.ts'
import { type Credentials, isRefusal } from './drivers.ts'
import { engine } from './engines.ts'
import { databaseOf, labelsOf, readValue, type Subject } from './secrets.ts'

/** Logs in to the container and reads the table. */
async function login(subject: Subject, credentials: Credentials): Promise<'reads orders' | 'refused'> {
  const { driver } = engine(subject.engine)
  try {
    const rows = await driver(databaseOf(subject.engine), credentials, ['SELECT total FROM orders'])
    expect(rows).toEqual([{ total: 42 }])
    return 'reads orders'
  } catch (error) {
    if (isRefusal(error)) return 'refused'
    throw error
  }
}

/**
 * Rotates a secret twice and proves by logins what the README promises for the strategy: the new value reads what the
 * old one read, the old one does so still unless it is a single user's, and the value before it does so no longer.
 * @param rotate does one rotation, and gives the output of the function meanwhile
 */
export async function proveTwoRotations(
  client: SecretsManagerClient,
  subject: Subject,
  secretId: string,
  rotate: () => Promise<string>,
): Promise<void> {
  const first = await readValue(client, secretId)
  expect(await login(subject, first)).toBe('reads orders')
  const survives = subject.strategy === 'single-user' ? 'refused' : 'reads orders'
  const clone = subject.strategy === 'alternating-users' ? `${first.username}_clone` : first.username

  const second = await proveOne(first, clone)
  expect(await login(subject, first)).toBe(survives)
  const third = await proveOne(second, first.username)
  expect([await login(subject, second), await login(subject, first)]).toEqual([survives, 'refused'])

  async function proveOne(before: Credentials, username: string): Promise<Credentials> {
    const said = await rotate()
    const labels = Object.values(await labelsOf(client, secretId)).flat()
    const after = await readValue(client, secretId)
    expect(after, `No new value, labels ${labels}. The function said:\n${said}`).not.toEqual(before)
    expect(await readValue(client, secretId, 'AWSPREVIOUS')).toEqual(before)
    expect(after).toEqual({ ...before, username, password: after.password })
    expect(await login(subject, after)).toBe('reads orders')
    expect(findLeak(said, [before.password, after.password])).toBeUndefined()
    expect(said).toContain('step succeeded')
    return after
  }
  expect(new Set([first, second, third].map(({ password }) => password)).size).toBe(3)
}

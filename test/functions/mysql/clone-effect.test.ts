import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { patternsOverlap } from '../../../functions/mysql/patterns.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { connected, mysqlServer, quoted } from '../../support/mysql.ts'
import { randomName } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { loginIn } from '../databases/secret-string.ts'
import { createClone } from './accounts.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await mysqlServer()
const suite = await suiteFor(alternatingUsers(server, 'missing'))
// Names in which the underscore is one, and another that the pattern with a wildcard in its place matches.
const stem = randomName('e').replace('_', '')
const databases = [`${stem}_prod`, `${stem}Xprod`, `${stem}\\b`, `${stem}b`]
const role = randomName('r')
const [proxied, friend] = [randomName('p'), randomName('f')]
const routine = `${stem}b.p`
const on = (pattern: string) => `${quoted(pattern)}.*`
const escaped = `${stem}\\_prod`

/** What a login may do in each of the databases, without doing it. */
async function mayDo({ username, password }: TestLogin): Promise<string[]> {
  await using client = await connected({ host: server.host, port: server.port, user: username, password })
  const tried = databases.flatMap((database) => [
    `EXPLAIN SELECT a FROM ${quoted(database)}.t`,
    `EXPLAIN INSERT INTO ${quoted(database)}.t VALUES (1)`,
  ])
  tried.push(`GRANT PROXY ON ${proxied} TO ${friend}`)
  const allowed: string[] = []
  for (const statement of tried) {
    const done = await client.query(statement).then(
      () => true,
      () => false,
    )
    if (done) allowed.push(statement)
  }
  return allowed
}

async function callsAndSees({ username, password }: TestLogin) {
  await using client = await connected({ host: server.host, port: server.port, user: username, password })
  const calls = await client.query(`CALL ${routine}(1)`).then(
    () => true,
    () => false,
  )
  const [rows] = await client.query('SELECT * FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = ?', [
    `${stem}b`,
  ])
  return { calls, parameters: Array.isArray(rows) ? rows.length : undefined }
}

async function stored(grants: readonly string[], hosts?: readonly string[]) {
  const made = await suite.type.make(suite.secrets, hosts === undefined ? {} : { hosts })
  const { username } = made.base
  for (const grant of grants) await server.query(grant.replaceAll('APP', quoted(username)))
  return { ...(await suite.stored(async () => made)), base: made.base }
}

describe('rights that a role does not carry over', { meta: { server: server.label } }, () => {
  beforeAll(async () => {
    await server.query(`CREATE ROLE ${role}, ${proxied}, ${friend}`)
    for (const database of databases) {
      await server.query(`CREATE DATABASE ${quoted(database)}`)
      await server.query(`CREATE TABLE ${quoted(database)}.t (a INT)`)
    }
    await server.query(`CREATE PROCEDURE ${routine}(x INT) SELECT x`)
    await server.query(`GRANT ALL ON ${on(escaped)} TO ${role}`)
  })
  afterAll(() => suite.secrets[Symbol.asyncDispose]())

  /** `mends`: the statement that the error prints, where it can be run as it stands. */
  const cases: Readonly<Record<string, { grants: string[]; hosts?: string[]; says: string; mends?: RegExp }>> = {
    'a database that two patterns match': {
      grants: [`GRANT SELECT ON ${on('%')} TO APP`, `GRANT ALL ON ${on(escaped)} TO APP`],
      says: 'can be the same database',
    },
    'two patterns of which one is longer': {
      grants: [`GRANT SELECT ON ${on(`${stem}%`)} TO APP`, `GRANT INSERT ON ${on(`${stem}\\_%`)} TO APP`],
      says: 'can be the same database',
    },
    'a database with a backslash in its name': {
      grants: [`GRANT ALL ON ${on(`${stem}\\b`)} TO APP`],
      says: 'the backslash in',
      mends: /(REVOKE ALL PRIVILEGES ON .*?;) and GRANT/,
    },
    'a role that is not in force': {
      grants: [`GRANT SELECT ON ${on(escaped)} TO APP`, `GRANT ${role} TO APP`],
      says: `SET DEFAULT ROLE ALL TO`,
      mends: /(SET DEFAULT ROLE ALL .*?;) or/,
    },
    'a role that is not in force, and is to be taken away': {
      grants: [`GRANT SELECT ON ${on(escaped)} TO APP`, `GRANT ${role} TO APP`],
      says: `or REVOKE`,
      mends: /or (REVOKE `.*?;)/,
    },
    'what the account for other hosts has': {
      hosts: ['%', 'localhost'],
      grants: [`GRANT SELECT ON ${on(escaped)} TO APP@'%'`],
      says: "'localhost' uses privileges on",
    },
    'whom the account may be a proxy for': {
      grants: [`GRANT PROXY ON ${proxied} TO APP WITH GRANT OPTION`],
      says: `REVOKE PROXY ON`,
      mends: /(REVOKE PROXY ON .*?;)/,
    },
  }
  for (const [title, { grants, hosts, says, mends }] of Object.entries(cases)) {
    it(`${title} is refused before anything is changed`, async () => {
      const target = await stored(grants, hosts)
      const error = await expectFailure(suite, target, { code: 'PrivilegesDiffer', step: 'setSecret' })
      expect(error.errorMessage).toContain(says)
      expect(error.errorMessage).toContain('Rotate the secret with dual-password')
      expect(error.errorMessage).toContain('Trying again does not help')
      // The refusal protects this: a second login made by hand.
      const clone = await createClone(server, target.base, hosts)
      expect(await mayDo(clone)).not.toEqual(await mayDo(target.base))
      if (mends === undefined) return
      await server.query(mends.exec(error.errorMessage)?.[1] ?? 'the error prints no such statement')
      await suite.secrets.rotate(await suite.secrets.store(target.value))
    })
  }

  it('the clone can do all else that the base can do', async () => {
    for (const grants of [
      [`GRANT SELECT ON ${on('%')} TO APP`],
      [`GRANT ALL ON ${on(escaped)} TO APP`, `GRANT SELECT ON ${on(`${stem}b`)} TO APP`],
      [`GRANT ALL ON ${on(`${stem}_prod`)} TO APP`, `GRANT INSERT ON *.* TO APP`],
      [`GRANT SELECT ON ${on('%')} TO APP`, `GRANT ALL ON ${on(`${stem}b`)} TO APP`],
      [`GRANT SELECT ON ${on('%')} TO APP`, `GRANT SELECT ON ${on(escaped)} TO APP`],
      [`GRANT ${role} TO APP`, `SET DEFAULT ROLE ${role} TO APP`, `GRANT SELECT ON ${on(`${stem}%`)} TO APP`],
    ]) {
      const target = await stored(grants)
      await suite.secrets.rotate(target.secretId)
      const clone = loginIn(await target.stagedValue('AWSCURRENT'))
      const may = await mayDo(target.base)
      expect(await mayDo(clone), grants.join()).toEqual(may)
      expect(may).not.toEqual([])
    }
  })

  it('a routine that is granted by itself can be called by both logins, and is named in the log', async () => {
    const target = await stored([`GRANT EXECUTE ON PROCEDURE ${routine} TO APP`])
    await suite.secrets.rotate(target.secretId)
    expect(suite.secrets.output()).toContain(
      `information_schema does not show to it: PROCEDURE ${on(`${stem}b`).slice(0, -1)}\`p\``,
    )
    const [base, clone] = await Promise.all(
      [target.base, loginIn(await target.stagedValue('AWSCURRENT'))].map(callsAndSees),
    )
    expect([base, clone]).toEqual([
      { calls: true, parameters: 1 },
      { calls: true, parameters: 0 },
    ])
  })
})

describe('two patterns of LIKE', () => {
  for (const [one, other, overlap] of [
    ['%', 'a\\_b', true],
    ['a_b', 'a\\_b', true],
    ['a%', 'b%', false],
    ['%a', 'b%', true],
    ['a\\%', 'ab', false],
    ['a\\b', 'ab', true],
    ['%x_', '_xy%', true],
    ['___', '__', false],
    ['', '%', true],
  ] as const) {
    it(`${one} and ${other} ${overlap ? 'can' : 'cannot'} match one name`, () => {
      expect([patternsOverlap(one, other), patternsOverlap(other, one)]).toEqual([overlap, overlap])
    })
  }
})

import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mariadbServer, mysqlServer } from '../../support/mysql.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { postgresServer } from '../../support/postgres.ts'
import * as mariadb from '../mariadb/secret-types.ts'
import * as mysql from '../mysql/secret-types.ts'
import * as postgres from '../postgres/secret-types.ts'

const [onMysql, onMariadb, onPostgres] = await Promise.all([mysqlServer(), mariadbServer('11.8'), postgresServer(18)])
const types = [
  { type: mysql.singleUser(onMysql), port: onMysql.port },
  { type: mysql.dualPassword(onMysql, 'itself'), port: onMysql.port },
  { type: mariadb.singleUser(onMariadb), port: onMariadb.port },
  { type: mariadb.dualPassword(onMariadb, 'itself'), port: onMariadb.port },
  { type: postgres.singleUser(onPostgres), port: onPostgres.port },
]
const alternating = [
  { type: mysql.alternatingUsers(onMysql, 'missing'), port: onMysql.port },
  { type: mariadb.alternatingUsers(onMariadb, 'missing'), port: onMariadb.port },
  { type: postgres.alternatingUsers(onPostgres, 'missing'), port: onPostgres.port },
]
const meta = { server: 'MySQL, MariaDB, PostgreSQL' }

/** As consoles, templates and programs write them, and as AWS's functions take them. */
const fieldsOf = (port: number) => ({
  'an empty dbname': { dbname: '""' },
  'dbname null': { dbname: 'null' },
  'a port with a fraction of nothing': { port: `${port}.0` },
  'a port with an exponent': { port: `${port}e0` },
  'a port as a text with blanks': { port: `" ${port} "` },
})
const noSuperuser = { 'an empty masterarn': { masterarn: '""' }, 'masterarn null': { masterarn: 'null' } }

describe.each([...types, ...alternating])('$type.title: a secret that AWS rotates, with', { meta }, async (about) => {
  const { type, port } = about
  const suite = await suiteFor(type)
  afterAll(() => suite.secrets[Symbol.asyncDispose]())
  const needsSuperuser = type.strategy === 'alternating-users'

  it.each(Object.entries({ ...fieldsOf(port), ...(needsSuperuser ? {} : noSuperuser) }))(
    '%s is rotated twice, and keeps its fields as they are written',
    async (_, fields) => {
      const target = await suite.stored((store) => type.withFields(store, fields))
      for (let round = 0; round < 2; round++) {
        await suite.secrets.rotate(target.secretId)
        const AWSCURRENT = await target.stagedValue('AWSCURRENT')
        // Compares the fields, too.
        expect(await target.works(AWSCURRENT)).toBe(true)
        for (const [name, json] of Object.entries(fields)) expect(AWSCURRENT).toContain(`"${name}":${json}`)
      }
    },
  )

  it.each([`"${port}x"`, '"1 2"', '""', 'null', `${port}.5`, '0', '1e9', '-1', `{"rawJSON":"${port}"}`])(
    'a port of %s is refused, and named as the cause',
    async (json) => {
      const target = await suite.stored((store) => type.withFields(store, { port: json }))
      const works = async () => true
      const error = await expectFailure(
        suite,
        { ...target, works },
        {
          code: 'InvalidSecret',
          step: 'createSecret',
        },
      )
      expect(error.errorMessage).toContain('"port" in the secret must be a whole number from 1 to 65535')
    },
  )
})

describe.each(alternating)('$type.title, without a superuser', { meta }, async ({ type }) => {
  const suite = await suiteFor(type)
  afterAll(() => suite.secrets[Symbol.asyncDispose]())

  it.each([
    ...Object.entries(noSuperuser).map(
      ([what, { masterarn }]) => [what, masterarn, 'masterarn key is missing from secret JSON.'] as const,
    ),
    ['a masterarn that is a number', '7', '"masterarn" in the secret must be the ARN of a secret.'],
  ] as const)('%s ends the rotation in createSecret', async (_, masterarn, sentence) => {
    const made = await type.fresh(suite.secrets)
    const value = made.value.replace(/"masterarn":"[^"]*"/, `"masterarn":${masterarn}`)
    const target = await suite.stored(async () => ({ ...made, value, works: async () => true }))
    const error = await expectFailure(suite, target, { code: 'InvalidSecret', step: 'createSecret' })
    expect(error.errorMessage).toContain(sentence)
  })
})

describe.each([...types, ...alternating])('$type.title: a secret', { meta }, async ({ type, port }) => {
  const suite = await suiteFor(type)
  afterAll(() => suite.secrets[Symbol.asyncDispose]())

  it('with a port in its host is refused, and the error says so', async () => {
    const target = await suite.stored((store) => type.withFields(store, { host: `"localhost:${port}"` }))
    const error = await expectFailure(suite, target, { code: 'InvalidSecret', step: 'createSecret', stillWorks: false })
    expect(error.errorMessage).toContain('"host" in the secret has a port')
  })
})

describe.each(alternating)('$type.title: a superuser secret', { meta }, async ({ type }) => {
  const suite = await suiteFor(type)
  afterAll(() => suite.secrets[Symbol.asyncDispose]())
  async function failsIn(step: 'createSecret' | 'setSecret', masterarn: string) {
    const { secretId, value } = await suite.stored()
    const SecretString = JSON.stringify({ ...JSON.parse(value), masterarn })
    await suite.secrets.client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }))
    const rotation = await suite.secrets.begin(secretId)
    if (step === 'setSecret') await rotation.run('createSecret')
    const outcome = await rotation.attempt(step)
    return `${codeOf(outcome)}: ${saidBy(outcome)}`
  }

  it('of another Region is refused before anything is stored', async () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:root-AbCdEf'
    expect(await failsIn('createSecret', arn)).toMatch(/^InvalidSecret: "masterarn" is in eu-west-1, .* in us-east-1/)
  })

  it('of another account is named as such where it is not shared', async () => {
    const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:root-AbCdEf'
    expect(await failsIn('setSecret', arn)).toMatch(
      /^SecretNotFound: .*is in account 111122223333, the function in 0+\./,
    )
  })
})

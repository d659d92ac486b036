import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { probeAnswer } from '../../../cli/doctor/probing.ts'
import type { Lambda } from '../../../cli/doctor/seen.ts'
import { aboutVersion, probed } from '../../contract/probe-cases.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { postgresServer } from '../../support/postgres.ts'
import * as mysql from '../mysql/secret-types.ts'
import * as postgres from '../postgres/secret-types.ts'
import { loginIn } from './secret-string.ts'

const [onMysql, onPostgres] = await Promise.all([mysqlServer(), postgresServer(18)])

describe('a probe at MySQL', { meta: { server: onMysql.label } }, async () => {
  const type = mysql.singleUser(onMysql)
  const suite = await suiteFor(type)
  afterAll(() => suite.secrets[Symbol.asyncDispose]())
  afterEach(() => void vi.unstubAllEnvs())

  it('tries no login that could lock the account, and says so', async () => {
    const target = await suite.stored()
    const { username } = loginIn(target.value)
    await onMysql.query(`ALTER USER '${username}'@'%' FAILED_LOGIN_ATTEMPTS 9 PASSWORD_LOCK_TIME 1`)
    const rotation = await suite.secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const watch = await type.watchLogins(target)
    const answer = await probed(suite.secrets, target.secretId)
    expect(await watch.stop()).toEqual({ accepted: 1, refused: 0 })
    expect(aboutVersion(answer, 'AWSCURRENT')?.verdict).toBe('works')
    expect(aboutVersion(answer, 'AWSPENDING')).toMatchObject({
      verdict: 'untried',
      says: expect.stringContaining(`could lock ${username}`),
    })
  })

  it('is run once by doctor where AWSCURRENT is refused, so that the account is not locked', async () => {
    const target = await suite.stored()
    const { username } = loginIn(target.value)
    await suite.secrets.rotate(target.secretId)
    const rotation = await suite.secrets.begin(target.secretId)
    await rotation.run('createSecret')
    await onMysql.query(`ALTER USER '${username}'@'%' FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 1`)
    await type.changeByHand(await target.stagedValue('AWSCURRENT'))
    vi.stubEnv('AWS_ENDPOINT_URL', suite.secrets.local.endpoint)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'operator')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    const watch = await type.watchLogins(target)
    const labels = new Map(Object.entries(await suite.secrets.labels(target.secretId)))
    const arn = suite.secrets.local.functions[type.function.id] ?? ''
    const lambda = { arn, handler: 'single-user.handler', runtime: 'nodejs', timeoutSeconds: 30 } as Lambda
    const connection = { profile: undefined, region: undefined }
    const answer = await probeAnswer(connection, lambda, { arn: target.secretId, labels }, [])
    expect(JSON.stringify(answer)).toContain('LoginRefused')
    expect((await watch.stop()).refused).toBe(1)
  })

  it('tries AWSPENDING once where no limit is set', async () => {
    const target = await suite.stored()
    const rotation = await suite.secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const watch = await type.watchLogins(target)
    const answer = await probed(suite.secrets, target.secretId)
    expect(await watch.stop()).toEqual({ accepted: 1, refused: 1 })
    expect(aboutVersion(answer, 'AWSPENDING')).toMatchObject({ verdict: 'fails', code: 'LoginRefused' })
  })
})

describe('a probe at PostgreSQL', { meta: { server: onPostgres.label } }, async () => {
  const type = postgres.singleUser(onPostgres)
  const suite = await suiteFor(type)
  afterAll(() => suite.secrets[Symbol.asyncDispose]())

  it('tries the version of "First" first, and finds which one works after AWSCURRENT was lost', async () => {
    const target = await suite.stored()
    const { secretId } = target
    const rotation = await suite.secrets.begin(secretId)
    // Killed between setSecret and finishSecret: AWSPENDING is what works.
    await rotation.run('createSecret', 'setSecret')
    const plain = await probed(suite.secrets, secretId)
    expect(aboutVersion(plain, 'AWSCURRENT')).toMatchObject({ verdict: 'fails', code: 'LoginRefused' })
    expect(aboutVersion(plain, 'AWSPENDING')).toMatchObject({ verdict: 'untried' })
    const first = await probed(suite.secrets, secretId, { First: rotation.token })
    expect(aboutVersion(first, 'AWSPENDING')).toMatchObject({ verdict: 'works' })
  })

  it('sends no password to another server than the one of AWSCURRENT', async () => {
    const target = await suite.stored()
    const rotation = await suite.secrets.begin(target.secretId)
    const pending = { ...JSON.parse(target.value), host: '127.0.0.2', password: 'hunter2-hunter2' }
    await suite.secrets.storePending(rotation, JSON.stringify(pending))
    const answer = await probed(suite.secrets, target.secretId)
    expect(aboutVersion(answer, 'AWSPENDING')).toMatchObject({
      verdict: 'untried',
      says: expect.stringContaining('is sent nowhere'),
    })
  })

  it('masks a password in its answer', async () => {
    const password = 'hunter2-hunter2'
    const target = await suite.stored()
    const value = JSON.stringify({ ...JSON.parse(target.value), host: `${password}.invalid`, password })
    const secretId = await suite.secrets.store(value)
    await suite.secrets.begin(secretId)
    const answer = await probed(suite.secrets, secretId)
    expect(aboutVersion(answer, 'AWSCURRENT')?.says).toContain('[redacted].invalid')
    expect(JSON.stringify(answer) + suite.secrets.output()).not.toContain(password)
  })

  it('finds a name too long for a clone, and that AWSCURRENT works', async () => {
    const alternating = await suiteFor(postgres.alternatingUsers(onPostgres, 'missing'))
    await using _ = alternating.secrets
    const username = `long_name_${'x'.repeat(50)}`
    const { value } = await alternating.stored()
    await onPostgres.query(`CREATE ROLE ${username} LOGIN PASSWORD '${loginIn(value).password}'`)
    const secretId = await alternating.secrets.store(JSON.stringify({ ...JSON.parse(value), username }))
    await alternating.secrets.begin(secretId)
    const answer = await probed(alternating.secrets, secretId)
    expect(aboutVersion(answer, 'AWSCURRENT')).toMatchObject({ verdict: 'works' })
    expect(answer.findings).toContainEqual(expect.objectContaining({ about: 'rights', code: 'NameTooLong' }))
  })

  it('calls a server that is not there unreachable, once', async () => {
    const gone = await suiteFor(postgres.singleUser(onPostgres, { port: 9 }))
    await using _ = gone.secrets
    const target = await gone.stored()
    const rotation = await gone.secrets.begin(target.secretId)
    await rotation.run('createSecret')
    const answer = await probed(gone.secrets, target.secretId)
    expect(aboutVersion(answer, 'AWSCURRENT')).toMatchObject({ verdict: 'fails', code: 'Unreachable' })
    expect(aboutVersion(answer, 'AWSPENDING')).toMatchObject({
      verdict: 'untried',
      says: 'It was not tried after Unreachable, which it would meet, too.',
    })
  })
})

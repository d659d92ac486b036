import { relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import { expectFailure } from '../../contract/failure.ts'
import { bundled } from '../../support/bundle.ts'
import { repositoryPath } from '../../support/function-under-test.ts'
import { codeOf } from '../../support/outcome.ts'
import { secretsManagerFor } from '../../support/secrets-manager.ts'
import { clusterArn, instanceArn, instanceName, rdsTag } from './rds.ts'
import { rds } from './rds-of-this-file.ts'

const { api, suite, server, cluster } = rds
const { secrets } = suite
const about = suite.type.function

/** A login at an instance of its own, whose superuser's secret RDS manages. */
async function atInstance(fields: object = {}) {
  const id = await rds.instance()
  const tags = [rdsTag('Instance', instanceArn(id)), { Key: 'aws:secretsmanager:owningService', Value: 'rds' }]
  return { id, ...(await rds.stored({ host: instanceName(id), fields, superuser: { tags } })) }
}

/** A rotation for which RDS says nothing, as where a function in a VPC has no route to it. */
async function withoutAnswer() {
  const target = await atInstance()
  api.silent.add(instanceArn(target.id))
  const rotation = await secrets.begin(target.secretId)
  await rotation.run('createSecret')
  const outcome = await rotation.attempt('setSecret')
  api.silent.delete(instanceArn(target.id))
  return { target, rotation, outcome }
}

let unanswered: ReturnType<typeof withoutAnswer>
// Three attempts of six seconds, which leave room for the error: waited for while the file's other cases run.
beforeAll(() => {
  unanswered = withoutAnswer()
  unanswered.catch(() => undefined)
})

describe("alternating-users: a superuser's secret that RDS manages", { meta: { server: server.label } }, () => {
  it('of an instance rotates to the other login and back, with one question to RDS each', async () => {
    const target = await atInstance()
    api.calls.length = 0
    for (let round = 0; round < 2; round++) {
      await secrets.rotate(target.secretId)
      const { AWSCURRENT = '', AWSPREVIOUS = '' } = await target.staged()
      expect(await target.works(AWSCURRENT)).toBe(true)
      expect(await target.works(AWSPREVIOUS)).toBe(true)
    }
    expect(api.calls).toEqual(Array(2).fill(`DescribeDBInstances ${instanceArn(target.id)}`))
  })

  it('of a cluster rotates with one question to RDS', async () => {
    const superuser = { tags: [rdsTag('Cluster', clusterArn(cluster.id))] }
    const target = await rds.stored({ host: cluster.writer, superuser })
    api.calls.length = 0
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
    expect(api.calls).toEqual([`DescribeDBClusters ${clusterArn(cluster.id)}`])
  })

  it("is read with its tags and by no other call; the tag's case plays no role", async () => {
    const id = await rds.instance()
    const tags = [{ Key: 'AWS:RDS:PRIMARYDBINSTANCEARN', Value: instanceArn(id) }]
    const target = await rds.stored({ host: instanceName(id).toUpperCase(), superuser: { tags } })
    await secrets.rotate(target.secretId)
    const calls = secrets.local.calls.by(about.id).filter(({ secretId }) => secretId === target.superuserArn)
    expect(calls.map(({ operation }) => operation)).toEqual(['GetSecretValue', 'DescribeSecret'])
  })

  it('is used by the deployed bundle in the same way', async () => {
    await using bundle = await bundled(about.module)
    const module = relative(repositoryPath(''), bundle.path)
    const id = await rds.instance()
    await using other = await secretsManagerFor({ ...about, module })
    const tags = [rdsTag('Instance', instanceArn(id))]
    const { value, works } = await rds.stored({ host: instanceName(id), superuser: { tags } }, other)
    const secretId = await other.store(value)
    await other.rotate(secretId)
    expect(await works(await other.storedValue(secretId, 'AWSCURRENT'))).toBe(true)
  })

  it('sends no password to RDS, which is not asked where the secret says host and port', async () => {
    const id = await rds.instance()
    const target = await rds.stored({ host: instanceName(id), superuser: { host: instanceName(id) } })
    api.calls.length = 0
    await secrets.rotate(target.secretId)
    expect(api.calls).toEqual([])
    const calls = secrets.local.calls.by(about.id).filter(({ secretId }) => secretId === target.superuserArn)
    expect(calls.map(({ operation }) => operation)).toEqual(['GetSecretValue'])
    await suite.expectNoLeak(api.sent())
  })

  it('never logs in under tlsServerName of the secret: SuperuserMismatch, and no password is sent', async () => {
    // The server's certificate has that name.
    const target = await atInstance({ tlsServerName: 'alias.internal' })
    const watch = await suite.type.watchLogins({ logins: [...target.logins] })
    const error = await failure(target, 'SuperuserMismatch')
    expect(error.errorMessage).toContain('Remove "tlsServerName" from the secret.')
    expect(await watch.stop()).toEqual({ accepted: 1, refused: 0 })
  })

  it('logs in over TLS also where the secret says "ssl": false, after AWSCURRENT has done so', async () => {
    const target = await atInstance({ ssl: false })
    const start = (await server.log()).length
    await secrets.rotate(target.secretId)
    const lines = (await server.log(start)).split('\n').filter((line) => line.includes('application_name=keyturn'))
    const [administrator = ''] = target.logins.slice(2)
    const tls = (name: string) =>
      lines.filter((line) => line.includes(`user=${name} `)).map((line) => line.includes('SSL enabled'))
    expect(tls(administrator)).toEqual([true])
    expect(tls(JSON.parse(target.value).username)).toEqual([false, true])
  })

  it('whose server is another than that of the secret is SuperuserMismatch', async () => {
    const other = instanceName(await rds.instance())
    const tags = [rdsTag('Instance', instanceArn(await rds.instance()))]
    const target = await rds.stored({ host: other, superuser: { tags } })
    const error = await failure(target, 'SuperuserMismatch')
    expect(error.errorMessage).toContain(`Current database host ${other}:${server.port} is not the host`)
  })

  it('without a tag that names a server is InvalidSecret, and the error says what to do', async () => {
    const tags = [{ Key: 'owner', Value: 'somebody' }]
    const target = await rds.stored({ host: instanceName(await rds.instance()), superuser: { tags } })
    const error = await failure(target, 'InvalidSecret')
    expect(error.errorMessage).toContain(`Superuser secret ${target.superuserArn} holds no host`)
    expect(error.errorMessage).toContain('MasterUserSecret')
  })

  for (const [what, arn] of [
    ['no ARN', 'db-1'],
    ['the ARN of something else', 'arn:aws:s3:::bucket'],
    ['the ARN of a cluster in the tag of an instance', clusterArn('c')],
  ] as const) {
    it(`with ${what} in the tag is InvalidSecret, and RDS is not asked`, async () => {
      const superuser = { tags: [rdsTag('Instance', arn)] }
      const target = await rds.stored({ host: instanceName('i'), superuser })
      api.calls.length = 0
      const error = await failure(target, 'InvalidSecret')
      expect(error.errorMessage).toContain('is not the ARN of an RDS instance.')
      expect(api.calls).toEqual([])
    })
  }

  it('of an instance of another engine is InvalidSecret, and both engines are named', async () => {
    const id = await rds.instance('mysql')
    const superuser = { tags: [rdsTag('Instance', instanceArn(id))] }
    const target = await rds.stored({ host: instanceName(id), superuser })
    const error = await failure(target, 'InvalidSecret')
    expect(error.errorMessage).toContain(`belongs to ${instanceArn(id)}, which has the engine mysql.`)
    expect(error.errorMessage).toContain('postgres and aurora-postgresql')
  })

  for (const [kind, arn] of [
    ['Instance', instanceArn('gone')],
    ['Cluster', clusterArn('gone')],
  ] as const) {
    it(`of a deleted ${kind.toLowerCase()} is SuperuserMismatch, and says that RDS does not know it`, async () => {
      const superuser = { tags: [rdsTag(kind, arn)] }
      const target = await rds.stored({ host: instanceName(await rds.instance()), superuser })
      const error = await failure(target, 'SuperuserMismatch')
      expect(error.errorMessage).toContain(`belongs to ${arn}, which RDS does not know.`)
    })
  }

  describe('an RDS that does not answer as it should', () => {
    afterAll(() => {
      api.spoil = () => undefined
    })

    it('denies access: AccessDenied names the call and the instance, and says what to allow', async () => {
      const target = await atInstance()
      const denied = `User is not authorized to perform: rds:DescribeDBInstances on resource: ${instanceArn(target.id)}`
      api.spoil = () => ({ code: 'AccessDenied', status: 403, message: denied })
      const error = await failure(target, 'AccessDenied')
      expect(error.errorMessage).toContain(`rds:DescribeDBInstances on ${instanceArn(target.id)} failed: AccessDenied.`)
      expect(error.errorMessage).toContain('Allow rds:DescribeDBInstances')
    })

    for (const [what, spoilt, code] of [
      ['throttling that lasts', { code: 'Throttling', status: 400, message: 'Rate exceeded' }, 'RdsFailed'],
      ['a fault that lasts', { code: 'InternalFailure', status: 500 }, 'RdsFailed'],
      ['an answer that is no XML', { code: '</Code', status: 500 }, 'RdsFailed'],
      ['credentials that AWS does not know', { code: 'InvalidClientTokenId', status: 403 }, 'AccessDenied'],
      ['a closed connection', 'refuse', 'RdsUnreachable'],
    ] as const) {
      it(`${what} is ${code}; when it is over, the same rotation goes through`, async () => {
        const target = await atInstance()
        const rotation = await secrets.begin(target.secretId)
        await rotation.run('createSecret')
        api.spoil = () => spoilt
        const outcome = await rotation.attempt('setSecret')
        expect(codeOf(outcome)).toBe(code)
        expect(await clones(target.clone)).toEqual([])
        api.spoil = () => undefined
        await rotation.run('setSecret', 'testSecret', 'finishSecret')
        await target.expectPromoted(rotation, target.value)
      })
    }

    it('is silent: RdsUnreachable; when that is over, the same rotation goes through', async () => {
      const { target, rotation, outcome } = await unanswered
      expect(codeOf(outcome)).toBe('RdsUnreachable')
      expect(await clones(target.clone)).toEqual([])
      await rotation.run('setSecret', 'testSecret', 'finishSecret')
      await target.expectPromoted(rotation, target.value)
    })

    it('throttles for a moment: the rotation goes through', async () => {
      const target = await atInstance()
      let times = 0
      api.spoil = () => (times++ === 0 ? { code: 'Throttling', status: 400 } : undefined)
      await secrets.rotate(target.secretId)
      expect(times).toBe(2)
    })
  })
})

type Stored = Awaited<ReturnType<typeof rds.stored>>

async function failure(target: Stored, code: ErrorCode) {
  const error = await expectFailure(suite, target, { code, step: 'setSecret' })
  expect(await clones(target.clone)).toEqual([])
  return error
}

function clones(name: string) {
  return server.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name])
}

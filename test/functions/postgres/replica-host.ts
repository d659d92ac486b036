import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import { expectFailure } from '../../contract/failure.ts'
import { instanceName, otherAccount } from './rds.ts'
import { rds } from './rds-of-this-file.ts'

const { api, suite, server, cluster } = rds
const { secrets } = suite

type Stored = Awaited<ReturnType<typeof rds.stored>>

/** That nothing was done, neither at the server nor with the superuser's password. */
async function refused(target: Stored, code: ErrorCode = 'SuperuserMismatch') {
  const watch = await suite.type.watchLogins({ logins: [...target.logins] })
  const error = await expectFailure(suite, target, { code, step: 'setSecret' })
  expect((await watch.stop()).accepted).toBeLessThanOrEqual(1)
  expect(await server.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [target.clone])).toEqual([])
  return error
}

async function rotates(target: Stored) {
  const before = await target.stagedValue('AWSCURRENT')
  await secrets.rotate(target.secretId)
  const { AWSCURRENT = '', AWSPREVIOUS } = await target.staged()
  expect(AWSPREVIOUS).toBe(before)
  expect(await target.works(AWSCURRENT)).toBe(true)
  expect(await target.works(before)).toBe(true)
}

describe('alternating-users: a host that is a replica', { meta: { server: server.label } }, () => {
  it('a read replica of the superuser host is accepted: two questions to RDS, by identifier', async () => {
    const source = await rds.instance()
    const replica = await rds.replica(source)
    const superuser = { host: instanceName(source) }
    const target = await rds.stored({ host: instanceName(replica), superuser })
    api.calls.length = 0
    await rotates(target)
    expect(api.calls).toEqual([`DescribeDBInstances ${source}`, `DescribeDBInstances ${replica}`])
    await rotates(target)
  })

  it("a cluster's reader endpoint is accepted", async () => {
    const target = await rds.stored({ host: cluster.reader, superuser: { host: cluster.writer } })
    api.calls.length = 0
    await rotates(target)
    expect(api.calls).toEqual([`DescribeDBClusters ${cluster.id}`])
  })

  it('a member of a cluster that is not its writer is accepted', async () => {
    const [, reader = ''] = cluster.members
    await rotates(await rds.stored({ host: reader, superuser: { host: cluster.writer } }))
  })

  it("a reader is accepted where the superuser's host is an instance of the cluster", async () => {
    const [writer = '', reader = ''] = cluster.members
    await rotates(await rds.stored({ host: cluster.reader, superuser: { host: writer } }))
    await rotates(await rds.stored({ host: reader, superuser: { host: writer } }))
  })

  it('hosts in capitals are the same hosts', async () => {
    const source = await rds.instance()
    const host = instanceName(await rds.replica(source)).toUpperCase()
    await rotates(await rds.stored({ host, superuser: { host: instanceName(source).toUpperCase() } }))
  })

  it("a cluster's writer under another name than the superuser's is refused, as AWS's functions do", async () => {
    const [writer = ''] = cluster.members
    const error = await refused(await rds.stored({ host: writer, superuser: { host: cluster.writer } }))
    expect(error.errorMessage).toContain('nor known as a read replica of it.')
  })

  for (const [what, pair] of [
    ['an instance of its own', async () => [await rds.instance(), await rds.instance()]],
    ['the source of the superuser host', sourceAndReplica],
    ['a replica of another instance', async () => [(await sourceAndReplica())[1], await rds.instance()]],
    [
      'a member of a cluster, where the superuser is at an instance',
      async () => [`${cluster.id}-r`, await rds.instance()],
    ],
    [
      'an instance, where the superuser is at a reader of a cluster',
      async () => [await rds.instance(), `${cluster.id}-r`],
    ],
  ] as const) {
    it(`${what} is SuperuserMismatch`, async () => {
      const [host = '', superuser = ''] = await pair()
      await refused(await rds.stored({ host: instanceName(host), superuser: { host: instanceName(superuser) } }))
    })
  }

  // Somebody else's account may have an instance of any name, with a certificate of RDS; and anybody a host.
  const elsewhere = otherAccount
  for (const [what, names] of [
    [
      'the identifier of a replica, in another account',
      ([source, replica]) => [`${replica}.${elsewhere}`, instanceName(source)],
    ],
    [
      'the first label of a replica at a host outside of RDS',
      ([source, replica]) => [`${replica}.evil.example`, instanceName(source)],
    ],
    [
      "a superuser host with the source's first label",
      ([source, replica]) => [instanceName(replica), `${source}.${elsewhere}`],
    ],
    ['an alias of the source as superuser host', ([, replica]) => [instanceName(replica), 'localhost']],
  ] as const satisfies [string, (ids: [string, string]) => [string, string]][]) {
    it(`${what} is not enough: SuperuserMismatch`, async () => {
      const [host, superuser] = names(await sourceAndReplica())
      await refused(await rds.stored({ host, superuser: { host: superuser } }))
    })
  }

  for (const [host, superuser] of [
    ['localhost', '127.0.0.1'],
    ['replica.evil.example', 'source.evil.example'],
  ] as const) {
    it(`RDS is not asked about hosts that are not of its making: ${host}`, async () => {
      const target = await rds.stored({ host, superuser: { host: superuser } })
      api.calls.length = 0
      await refused(target)
      expect(api.calls).toEqual([])
    })
  }

  it('a replica at another port than RDS says is SuperuserMismatch', async () => {
    const source = await rds.instance()
    const replica = await rds.replica(source, server.port + 1)
    await refused(await rds.stored({ host: instanceName(replica), superuser: { host: instanceName(source) } }))
  })

  it('a replica that need not prove its own name (tlsServerName) is SuperuserMismatch', async () => {
    const [source, replica] = await sourceAndReplica()
    const fields = { tlsServerName: 'alias.internal' }
    const superuser = { host: instanceName(source) }
    const error = await refused(await rds.stored({ host: instanceName(replica), fields, superuser }))
    expect(error.errorMessage).toContain('Remove "tlsServerName" from the secret')
  })

  it('a replica that is used in clear text proves its own name before a superuser with TLS logs in', async () => {
    const [source, replica] = await sourceAndReplica()
    const superuser = { host: instanceName(source) }
    await rotates(await rds.stored({ host: instanceName(replica), fields: { ssl: false }, superuser }))
    expect(secrets.output()).toContain('logged in as AWSCURRENT, over TLS')
  })

  it('without TLS on both sides, by explicit setting, a replica is accepted', async () => {
    const [source, replica] = await sourceAndReplica()
    const superuser = { host: instanceName(source), fields: { ssl: false } }
    await rotates(await rds.stored({ host: instanceName(replica), fields: { ssl: false }, superuser }))
  })

  it('a question to RDS that is denied is named in the error, and nothing is done', async () => {
    const [source, replica] = await sourceAndReplica()
    const target = await rds.stored({ host: instanceName(replica), superuser: { host: instanceName(source) } })
    api.spoil = () => ({ code: 'AccessDenied', status: 403 })
    const error = await refused(target, 'AccessDenied')
    api.spoil = () => undefined
    expect(error.errorMessage).toContain(`rds:DescribeDBInstances on ${source} failed`)
  })
})

async function sourceAndReplica(): Promise<[string, string]> {
  const source = await rds.instance()
  return [source, await rds.replica(source)]
}

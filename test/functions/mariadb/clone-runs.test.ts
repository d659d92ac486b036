import { createHash } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { codeOf } from '../../support/outcome.ts'
import { loginIn } from '../databases/secret-string.ts'
import { alternatingUsers, type TargetWish } from './secret-types.ts'

for (const series of ['10.5', '11.8'] as const) {
  const server = await mariadbServer(series)
  const suite = await suiteFor(alternatingUsers(server, 'missing'))
  const { secrets, type } = suite

  async function stored(wish: TargetWish) {
    const made = await type.make(secrets, { master: server.superuser, ...wish })
    return { ...(await suite.stored(async () => made)), base: made.base }
  }

  describe(`runs of setSecret for clones on ${server.label}`, { meta: { server: server.label } }, () => {
    afterAll(() => secrets[Symbol.asyncDispose]())

    it('a retried setSecret sends nothing that would change an account', async () => {
      const { secretId, base } = await stored({ grants: ['PROCESS ON *.*'], hosts: ['%', '10.0.0.1'] })
      for (const _turn of ['the clone', 'the base']) {
        const rotation = await secrets.begin(secretId)
        await rotation.run('createSecret', 'setSecret')
        const { length } = await server.log()
        await rotation.run('setSecret')
        const said = (await server.log(length)).split('\n').filter((line) => line.includes(base.username))
        expect(said.join()).toContain('SHOW GRANTS FOR')
        expect(said.join()).not.toMatch(/Query\t(ALTER|CREATE|GRANT|REVOKE|SET DEFAULT)/)
        await rotation.run('testSecret', 'finishSecret')
        await rotation.end()
      }
    })

    it('setSecret waits until another run has done with the same accounts', async () => {
      const { secretId, base, snapshot, stagedValue } = await stored({})
      const rotation = await secrets.begin(secretId)
      await rotation.run('createSecret')
      const before = await snapshot()
      await using other = await server.admin()
      const digest = createHash('sha256').update(base.username).digest('hex')
      await other.query('SELECT GET_LOCK(?, 0)', [`keyturn.${digest.slice(0, 40)}`])
      const attempt = rotation.attempt('setSecret')
      const waiting = "SELECT id FROM information_schema.processlist WHERE state = 'User lock' AND info LIKE ?"
      await expect.poll(() => server.query(waiting, [`%keyturn.${digest.slice(0, 40)}%`])).not.toHaveLength(0)
      expect(await snapshot()).toEqual(before)
      await other.query('DO RELEASE_ALL_LOCKS()')
      expect((await attempt).ok).toBe(true)
      await rotation.run('testSecret', 'finishSecret')
      expect(await server.login(loginIn(await stagedValue('AWSCURRENT')))).toBeDefined()
      await rotation.end()
    })

    it('a name that the server does not take is NameTooLong, before anything is changed', async () => {
      const [limit, code] = series === '10.5' ? [80, 'NameTooLong'] : [128, 'succeeded']
      const master = server.superuser
      for (const [length, expected] of [
        [limit - 6, 'succeeded'],
        [limit - 5, 'NameTooLong'],
      ] as const) {
        const made = await type.make(secrets, { master, name: 'é', length })
        const { secretId, snapshot } = await suite.stored(async () => made)
        const [before, rotation] = [await snapshot(), await secrets.begin(secretId)]
        const created = await rotation.attempt('createSecret')
        const outcome = created.ok ? await rotation.attempt('setSecret') : created
        expect(codeOf(outcome)).toBe(expected)
        // Before 10.6 only the server's version tells.
        if (expected !== 'succeeded') expect([created.ok, await snapshot()]).toEqual([code !== 'succeeded', before])
        if (created.ok) await rotation.end()
      }
    })
  })
}

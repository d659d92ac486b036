import { describe, expect, it } from 'vitest'
import { isHashOf } from '../../../functions/mysql/password-hash.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { errorOf } from '../../support/outcome.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import { loginIn } from '../databases/secret-string.ts'
import { everyStrategy } from './secret-types.ts'

const server = await mysqlServer()

describe('a password in AWSPENDING that is longer than MySQL takes', { meta: { server: server.label } }, () => {
  for (const [name, make] of Object.entries(everyStrategy)) {
    for (const [what, password] of [
      ['40,000 characters', 'a'.repeat(40_000)],
      ['257 characters', 'a'.repeat(257)],
      ['129 characters of two bytes each', 'é'.repeat(129)],
    ] as const) {
      it(`${name}, ${what}: is InvalidSecret, which says so, before anything is changed`, async () => {
        const type = make(server)
        const suite = await suiteFor(type)
        await using _ = suite.secrets
        const target = await suite.stored()
        const { username } = loginIn(target.value)
        // Another account of the name makes the function look whose it is.
        await server.query('CREATE USER ?@? IDENTIFIED BY ?', [username, '10.%', randomPassword()])
        const before = await target.snapshot()
        const rotation = await suite.secrets.begin(target.secretId)
        const pending = name === 'alternating-users' ? { username: `${username}_clone`, password } : { password }
        await suite.secrets.storePending(rotation, JSON.stringify({ ...JSON.parse(target.value), ...pending }))
        await rotation.run('createSecret')
        const error = errorOf(await rotation.attempt('setSecret'))
        expect(error.errorType).toBe('InvalidSecret')
        expect(error.errorMessage).toMatch(/longer than the 256 bytes .* Trying again does not help\./)
        expect(await target.snapshot()).toEqual(before)
        expect(await target.works(target.value)).toBe(true)
      })
    }
  }

  it('the longest that it takes is set', async () => {
    const type = everyStrategy['single-user']?.(server)
    if (type === undefined) throw new Error('no such strategy')
    const suite = await suiteFor(type)
    await using _ = suite.secrets
    const target = await suite.stored()
    const rotation = await suite.secrets.begin(target.secretId)
    const value = JSON.stringify({ ...JSON.parse(target.value), password: 'é'.repeat(128) })
    await suite.secrets.storePending(rotation, value)
    await rotation.run('createSecret', 'setSecret', 'testSecret', 'finishSecret')
    await rotation.end()
    expect(await target.works(value)).toBe(true)
  })

  for (const plugin of ['caching_sha2_password', 'sha256_password']) {
    it(`${plugin}: matches no account, which is found without hashing it`, async () => {
      const username = randomName()
      await server.query(`CREATE USER ?@? IDENTIFIED WITH ${plugin} BY ?`, [username, '%', randomPassword()])
      const query = 'SELECT HEX(authentication_string) AS hash FROM mysql.user WHERE user = ?'
      const [row] = await server.query<{ hash: string }>(query, [username])
      // Hashing takes memory by the square of the length: no machine has that of ten million characters.
      expect(isHashOf('a'.repeat(10_000_000), plugin, Buffer.from(row?.hash ?? '', 'hex'))).toBe(false)
    })
  }
})

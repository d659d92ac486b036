import { describe, expect, inject, it } from 'vitest'
import { discoverFunctions } from '../../local/functions.ts'
import { selfSignedCertificate } from '../../local/servers/certificate.ts'
import { randomName, randomPassword } from '../support/random.ts'
import { isRefusal } from './drivers.ts'
import { engine, engines } from './engines.ts'
import { databaseOf, subjects } from './secrets.ts'

describe('the database containers', () => {
  it.each(Object.keys(engines))(
    '%s: a login reads over verified TLS, and a wrong password is refused',
    async (name) => {
      const { driver, newLogin } = engine(name)
      const server = databaseOf(name)
      const login = { username: randomName('app'), password: randomPassword() }
      await driver(server, server.superuser, newLogin(login))
      expect(await driver(server, login, ['SELECT total FROM orders'])).toEqual([{ total: 42 }])

      const wrong = { ...login, password: randomPassword() }
      expect(await driver(server, wrong, ['SELECT 1']).catch(isRefusal)).toBe(true)
      const { certificate: ca } = await selfSignedCertificate()
      await expect(driver({ ...server, ca }, login, ['SELECT 1'])).rejects.toThrow(/self.signed certificate/)
    },
  )

  it('each kind of database that a function rotates has a container', async () => {
    const rotatesLogins = /\/(single-user|dual-password|alternating-users)\.ts$/
    const functions = Object.entries(await discoverFunctions()).filter(([, path]) => rotatesLogins.test(path))
    expect(functions.length).toBeGreaterThan(1)
    expect(subjects.map(({ id }) => id)).toEqual(functions.map(([id]) => id))
    expect(Object.keys(inject('containers').databases)).toEqual(Object.keys(engines))
  })
})

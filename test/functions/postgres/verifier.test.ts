import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { scramVerifier } from '../../../functions/postgres/scram.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { postgresServer, quoted } from '../../support/postgres.ts'
import { holds } from '../../support/property.ts'
import { secretsManagerFor } from '../../support/secrets-manager.ts'
import { databaseFunction } from '../databases/database-type.ts'
import { loginIn } from '../databases/secret-string.ts'
import { createRole, literal } from './roles.ts'
import { alternatingUsers, singleUser } from './secret-types.ts'

const verifier = /PASSWORD '(SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=)'/g

for (const major of [18, 15] as const) {
  const server = await postgresServer(major)
  const single = await suiteFor(singleUser(server))
  const alternating = await suiteFor(alternatingUsers(server, 'missing'))

  /** The verifiers that were sent for a role since a position of the log. */
  async function sent(role: string, start: number): Promise<string[]> {
    const statements = (await server.log(start)).split(/\n(?=\d{4}-)/)
    const about = statements.filter((text) => text.includes(`ROLE ${quoted(role)}`))
    return about.flatMap((text) => [...text.matchAll(verifier)].map(([, found = '']) => found))
  }
  async function stored(role: string): Promise<string | null | undefined> {
    const rows = await server.query<{ rolpassword: string | null }>(
      'SELECT rolpassword FROM pg_authid WHERE rolname = $1',
      [role],
    )
    return rows[0]?.rolpassword
  }

  describe(`passwords on the way to ${server.label}`, { meta: { server: server.label } }, () => {
    afterAll(() => Promise.all([single, alternating].map(({ secrets }) => secrets[Symbol.asyncDispose]())))

    it('single-user sends a verifier and not the password', async () => {
      const target = await single.stored()
      const start = (await server.log()).length
      await single.secrets.rotate(target.secretId)
      const { username } = loginIn(target.value)
      const found = await sent(username, start)
      expect(found).toHaveLength(1)
      expect(await stored(username)).toBe(found[0])
      await single.expectNoLeak(await server.log(start))
    })

    it('a repeated setSecret of alternating-users sends the same verifier', async () => {
      const target = await alternating.stored()
      const start = (await server.log()).length
      const rotation = await alternating.secrets.begin(target.secretId)
      await rotation.run('createSecret', 'setSecret', 'setSecret', 'setSecret')
      const found = await sent(`${loginIn(target.value).username}_clone`, start)
      expect(found).toHaveLength(3)
      expect(new Set(found).size).toBe(1)
    })

    it('another rotation, and another user, gets another salt', async () => {
      const salts = new Set<string>()
      for (let round = 0; round < 2; round++) {
        const target = await single.stored()
        for (let turn = 0; turn < 2; turn++) {
          await single.secrets.rotate(target.secretId)
          salts.add((await stored(loginIn(target.value).username))?.split('$')[1] ?? '')
        }
      }
      expect(salts.size).toBe(4)
    })

    it('a role that logs in by SCRAM gets a SCRAM verifier, with any password_encryption', async () => {
      const target = await single.stored()
      const { username } = loginIn(target.value)
      await server.query(`ALTER ROLE ${quoted(username)} SET password_encryption = 'md5'`)
      await single.secrets.rotate(target.secretId)
      expect(await stored(username)).toMatch(/^SCRAM-SHA-256\$4096:/)
    })

    it('are sent in clear text only where POSTGRES_PASSWORD_FORMAT says so', async () => {
      const about = databaseFunction('postgres/single-user', server)
      const env = { ...about.env, POSTGRES_PASSWORD_FORMAT: 'cleartext' }
      await using secrets = await secretsManagerFor({ ...about, env })
      const target = await single.type.make(secrets)
      const secretId = await secrets.store(target.value)
      const start = (await server.log()).length
      await secrets.rotate(secretId)
      const value = await secrets.storedValue(secretId, 'AWSCURRENT')
      expect(await server.log(start)).toContain(`PASSWORD '${loginIn(value).password}'`)
      expect(await target.works(value)).toBe(true)
    })

    it('an unknown POSTGRES_PASSWORD_FORMAT is refused', async () => {
      const about = databaseFunction('postgres/single-user', server)
      const env = { ...about.env, POSTGRES_PASSWORD_FORMAT: 'plaintext' }
      const suite = await suiteFor({ ...singleUser(server), function: { ...about, env } })
      await using _ = suite.secrets
      await expectFailure(suite, await suite.stored(), { code: 'InvalidConfiguration', step: 'createSecret' })
    })

    it('the verifier is what the server itself makes of the password, also where it is not ASCII', async () => {
      const characters = [...'aZ9 \'"\\%', ...'é ﬁ ½ Å ﬀ ａ ㎏ 名 ﾊ ﾞ ª', ...'\u00a0\u3000\u2003\u00ad\u200b\ufe00']
      const role = (await createRole(server)).username
      const password = fc.array(fc.constantFrom(...characters), { minLength: 1 }).map((all) => `x${all.join('')}`)
      const property = fc.asyncProperty(password, async (text) => {
        await server.query(`ALTER ROLE ${quoted(role)} PASSWORD ${await literal(server, text)}`)
        const made = (await stored(role)) ?? ''
        const salt = Buffer.from(/\$4096:([^$]+)\$/.exec(made)?.[1] ?? '', 'base64')
        expect(scramVerifier(text, salt)).toBe(made)
      })
      await holds(property, 40)
    })
  })
}

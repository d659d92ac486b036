import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { codeOf, saidBy } from '../../support/outcome.ts'
import { randomName } from '../../support/random.ts'
import type { RotationByHand } from '../../support/secrets-manager.ts'
import { createAccount } from '../databases/mysql-accounts.ts'
import { loginIn } from '../databases/secret-string.ts'
import { createClone, createMaster } from './accounts.ts'
import { alternatingUsers, dualPassword } from './secret-types.ts'

for (const series of ['10.5', '11.8'] as const) {
  const server = await mariadbServer(series)
  const alternating = await suiteFor(alternatingUsers(server, 'missing'))
  const dual = await suiteFor(dualPassword(server, 'a superuser'))
  const self = await suiteFor(dualPassword(server, 'itself'))
  const [database, role] = [randomName('d_'), randomName('r')]
  const enough = ['CREATE USER ON *.*', 'SELECT ON mysql.*']
  const escaped = database.replaceAll('_', '\\_')

  describe(`the rights of the superuser, on ${server.label}`, { meta: { server: server.label } }, () => {
    beforeAll(async () => {
      for (const sql of [
        ...[`CREATE DATABASE ${database}`, `CREATE TABLE ${database}.t (a int)`, `CREATE ROLE ${role}`],
        `CREATE FUNCTION ${database}.f() RETURNS int RETURN 1`,
      ])
        await server.query(sql)
    })
    afterAll(() => Promise.all([alternating, dual, self].map(({ secrets }) => secrets[Symbol.asyncDispose]())))

    for (const [what, master, base, remedy] of [
      ['read the accounts', ['CREATE USER ON *.*'], [], 'GRANT SELECT ON mysql.* TO'],
      ['read the grants', ['CREATE USER ON *.*', 'SELECT ON mysql.global_priv'], [], 'GRANT SELECT ON mysql.* TO'],
      ['change accounts', ['SELECT ON mysql.*'], [], 'GRANT CREATE USER ON *.* TO'],
      ['grant on all', [], ['SELECT ON *.*'], 'GRANT SELECT ON *.* TO'],
      [
        'grant on a database',
        [`SELECT ON ${database}.*`],
        [`SELECT ON ${database}.*`],
        `GRANT SELECT ON \`${database}\`.* TO`,
      ],
      [
        'grant all of it',
        ['SELECT ON *.*'],
        [`ALL PRIVILEGES ON ${database}.*`],
        `GRANT ALL PRIVILEGES ON \`${database}\`.* TO`,
      ],
      [
        'grant on a pattern',
        [`INSERT ON \`${escaped}\`.*`],
        [`SELECT ON \`${escaped}\`.*`],
        `GRANT SELECT ON \`${escaped}\`.* TO`,
      ],
      [
        'grant what it does not have',
        [`INSERT, GRANT OPTION ON ${database}.*`],
        [`SELECT ON ${database}.*`],
        `GRANT SELECT ON \`${database}\`.* TO`,
      ],
      ['grant on a table', [], [`INSERT ON ${database}.t`], `GRANT INSERT ON \`${database}\`.\`t\` TO`],
      ['grant on a column', [], [`SELECT (a) ON ${database}.t`], `GRANT SELECT (\`a\`) ON \`${database}\`.\`t\` TO`],
      [
        'grant on a routine',
        [],
        [`EXECUTE ON FUNCTION ${database}.f`],
        `GRANT EXECUTE ON FUNCTION \`${database}\`.\`f\` TO`,
      ],
      ['grant a role', [], [role], `GRANT \`${role}\` TO`],
      ['grant a proxy', [], ["PROXY ON 'nobody'@'%'"], "GRANT PROXY ON 'nobody'@'%' TO"],
    ] as const) {
      it(`a superuser that may not ${what} is MissingPrivilege, with the statement that mends it`, async () => {
        const partial = ['read the accounts', 'read the grants', 'change accounts'].includes(what)
        const login = await createAccount(server, { grants: partial ? master : [...enough, ...master] })
        const target = await alternating.stored((store) => {
          const make = alternatingUsers(server, 'missing').make
          return make(store, { grants: base, master: login })
        })
        const rotation = await alternating.secrets.begin(target.secretId)
        await rotation.run('createSecret')
        const before = await target.snapshot()
        const outcome = await rotation.attempt('setSecret')
        expect(codeOf(outcome)).toBe('MissingPrivilege')
        expect(saidBy(outcome)).toContain(`As an administrator: ${remedy} '${login.username}'@'%'`)
        // A right that is surely missing is found before anything is changed; another one when the server refuses.
        const isCertain = what !== 'grant a proxy' && what !== 'grant all of it'
        if (isCertain) expect(await target.snapshot()).toEqual(before)
        expect(await target.works(target.value)).toBe(true)

        // The statement is enough.
        const option = what === 'grant a role' ? 'ADMIN' : 'GRANT'
        await server.query(`${remedy} ?@'%' WITH ${option} OPTION`, [login.username])
        await rotation.run('setSecret', 'testSecret', 'finishSecret')
        expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
        await rotation.end()
      })
    }

    for (const [how, make] of [
      ['on all', () => createMaster(server)],
      [
        'by a pattern',
        () => createAccount(server, { grants: [...enough, 'SELECT, DROP, INSERT, EXECUTE, GRANT OPTION ON `%`.*'] }),
      ],
    ] as const)
      it(`a superuser that holds ${how} what the base holds on parts needs no more rights`, async () => {
        const login = await make()
        const grants = [
          `SELECT, DROP ON ${database}.*`,
          `INSERT (a) ON ${database}.t`,
          `EXECUTE ON FUNCTION ${database}.f`,
        ]
        const target = await alternating.stored((store) =>
          alternatingUsers(server, 'missing').make(store, { grants, master: login }),
        )
        await alternating.secrets.rotate(target.secretId)
        await alternating.secrets.rotate(target.secretId)
      })

    for (const [what, type, grants, remedy] of [
      ['a superuser that may not read accounts', dual, ['CREATE USER ON *.*'], 'GRANT SELECT ON mysql.* TO WHO;'],
      ['a superuser that may not change accounts', dual, ['SELECT ON mysql.*'], 'GRANT CREATE USER ON *.* TO WHO;'],
      ['an account that may do nothing', self, [], 'GRANT CREATE USER ON *.* TO WHO; GRANT SELECT ON mysql.* TO WHO;'],
      [
        'an account that may read accounts',
        self,
        ['SELECT ON mysql.*'],
        'GRANT CREATE USER ON *.* TO WHO; GRANT SELECT ON mysql.* TO WHO;',
      ],
    ] as const) {
      it(`dual-password: ${what} is MissingPrivilege, with the statements that mend it`, async () => {
        const own = type === self
        const login = await createAccount(server, { grants })
        const target = await type.stored((store) =>
          own
            ? dualPassword(server, 'itself').make(store, { grants })
            : dualPassword(server, 'a superuser').make(store, { master: login }),
        )
        const { username } = own ? loginIn(target.value) : login
        let begun: RotationByHand | undefined
        const before = async (rotation: RotationByHand) => {
          begun = rotation
        }
        const error = await expectFailure(type, target, { code: 'MissingPrivilege', step: 'setSecret', before })
        const statements = remedy.replaceAll('WHO', `'${username}'@'%'`)
        expect(error.errorMessage).toContain(statements)
        if (own) expect(error.errorMessage).toContain('Add "masterarn" to the secret')
        for (const statement of statements.split('; ')) await server.query(statement)
        await begun?.run('setSecret', 'testSecret', 'finishSecret')
        await begun?.end()
      })
    }

    it('a clone that another function has made is adopted', async () => {
      const login = await createMaster(server)
      const made = await alternatingUsers(server, 'missing').make(alternating.secrets, {
        master: login,
        grants: ['PROCESS ON *.*'],
      })
      const target = await alternating.stored(async () => made)
      await createClone(server, made.base, ['PROCESS ON *.*'])
      await alternating.secrets.rotate(target.secretId)
    })

    it('leaves no secret value in any output', async () => {
      for (const suite of [alternating, dual, self]) await suite.expectNoLeak(await server.log())
    })
  })
}

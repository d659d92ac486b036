import { afterAll, describe, it } from 'vitest'
import { suiteFor } from '../../contract/suite.ts'
import { mariadbServer } from '../../support/mysql.ts'
import { expectNoRightIsLost } from '../databases/lost-right.ts'
import { alternatingUsers } from './secret-types.ts'

const server = await mariadbServer('10.11')
const suite = await suiteFor(alternatingUsers(server, 'missing'))
const { secrets, type } = suite

describe('alternating-users on MariaDB: the login in use', { meta: { server: server.label } }, () => {
  afterAll(() => secrets[Symbol.asyncDispose]())

  it('keeps what was granted to it alone: the rotation ends before it changes anything', async () => {
    const made = await type.make(secrets, { master: { ...server.superuser } })
    const target = await suite.stored(async () => made)
    await secrets.rotate(target.secretId)
    await expectNoRightIsLost(server, secrets, { ...target, base: made.base })
  })
})

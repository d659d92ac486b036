import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, describe, expect, it } from 'vitest'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { mysqlServer } from '../../support/mysql.ts'
import { randomPassword } from '../../support/random.ts'
import { loginIn } from '../databases/secret-string.ts'
import { singleUser } from './secret-types.ts'

const server = await mysqlServer()
const suite = await suiteFor(singleUser(server))
const { secrets, type } = suite

describe('an account whose password has expired, and which may not have the same one again', {
  meta: { server: server.label },
}, () => {
  afterAll(() => secrets[Symbol.asyncDispose]())

  it("is LoginExpired, and the error's remedy mends it", async () => {
    const target = await suite.stored((store) => type.make(store, { options: 'PASSWORD HISTORY 5' }))
    const { username, password } = loginIn(target.value)
    const give = (to: string) => server.query('ALTER USER ?@? IDENTIFIED BY ?', [username, '%', to])
    await server.query('ALTER USER ?@? PASSWORD EXPIRE', [username, '%'])
    const error = await expectFailure(suite, target, { code: 'LoginExpired', step: 'setSecret', stillWorks: false })
    expect(error.errorMessage).toContain('another password (ALTER USER ... IDENTIFIED BY), and put it into the secret')

    await expect(give(password)).rejects.toMatchObject({ errno: 3638 })
    const other = randomPassword()
    await give(other)
    const SecretString = target.value.replace(JSON.stringify(password), JSON.stringify(other))
    await secrets.client.send(new PutSecretValueCommand({ SecretId: target.secretId, SecretString }))
    await secrets.rotate(target.secretId)
    expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
  })
})

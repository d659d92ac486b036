import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createDatabase } from './database.ts'
import { mysqlDriver } from './mysql.ts'
import { postgresDriver } from './postgres.ts'

// Usage: SECRET_ID=my/secret npm run application
const secretId = process.env.SECRET_ID
if (secretId === undefined) {
  console.error('Set SECRET_ID to the name or ARN of a database secret.')
  process.exit(2)
}
// Your own application knows its database; this one serves all kinds, so it looks into the secret.
const secretsManager = new SecretsManagerClient()
const { SecretString = '{}' } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secretId }))
const isMysql = /^(mysql|aurora-mysql|mariadb)$/.test(JSON.parse(SecretString).engine)
const ca = process.env.DATABASE_CA_BUNDLE
const onRefused = () => console.error('login refused, fetching the secret again')

if (isMysql) {
  const database = createDatabase({ secretId, secretsManager, driver: mysqlDriver({ ca }), onRefused })
  const rows = await database.query('SELECT USER() AS `login`, CURRENT_USER() AS `user`, NOW() AS `time`')
  console.log(Array.isArray(rows) ? rows[0] : rows)
  await database.end()
} else {
  const database = createDatabase({ secretId, secretsManager, driver: postgresDriver({ ca }), onRefused })
  const { rows } = await database.query('SELECT session_user AS "login", current_user AS "user", now() AS "time"')
  console.log(rows[0])
  await database.end()
}

import { createDatabase } from './database.ts'

// Usage: SECRET_ID=my/secret npm run application
const secretId = process.env.SECRET_ID
if (secretId === undefined) {
  console.error('Set SECRET_ID to the name or ARN of a database secret.')
  process.exit(2)
}
const ca = process.env.DATABASE_CA_BUNDLE
const database = createDatabase({
  secretId,
  ...(ca !== undefined && { ca }),
  onRefused: () => console.error('login refused, fetching the secret again'),
})
const { rows } = await database.query('SELECT session_user AS "login", current_user AS "user", now() AS "time"')
console.log(rows[0])
await database.end()

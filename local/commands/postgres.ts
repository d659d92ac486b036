import { rmSync } from 'node:fs'
import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { startPostgres } from '../servers/postgres.ts'
import { throwAwayServer } from './throw-away-server.ts'

await throwAwayServer({
  title: 'PostgreSQL',
  engine: 'postgres',
  dbname: 'postgres',
  async start(addresses) {
    // Where this process is root, the server runs as another user, and has to be able to read this file.
    const folder = await mkdtemp(join(tmpdir(), 'keyturn-access-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    const access = join(folder, 'pg_hba.conf')
    // Containers are in the network of the bridge, which is this machine's too.
    await writeFile(access, 'host all all samenet scram-sha-256\n')
    await chmod(folder, 0o755)
    return startPostgres(18, { listen_addresses: addresses.join(','), hba_file: access })
  },
  async createLogin({ port, superuser }, host, login) {
    const { username: user, password } = superuser
    const client = new Client({ host, port, user, password, database: 'postgres', connectionTimeoutMillis: 5_000 })
    await client.connect()
    await client.query(`CREATE ROLE ${login.username} LOGIN PASSWORD '${login.password}'`)
    await client.end()
  },
})

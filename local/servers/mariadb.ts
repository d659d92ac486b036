import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unpackedPackages } from './debian-packages.ts'
import { type MysqlServer, startMysqlServer } from './mysql-process.ts'

export type MariadbSeries = '10.5' | '10.11' | '11.8'

interface Origin {
  readonly suite: string
  readonly packages: readonly [server: string, plugins: string]
}

const origins: Readonly<Record<MariadbSeries, Origin>> = {
  '10.5': { suite: 'bullseye', packages: ['mariadb-server-core-10.5', 'mariadb-server-10.5'] },
  '10.11': { suite: 'bookworm', packages: ['mariadb-server-core', 'mariadb-server'] },
  '11.8': { suite: 'trixie', packages: ['mariadb-server-core', 'mariadb-server'] },
}

/**
 * Starts the MariaDB of a release of Debian, from packages that are downloaded once.
 * @param settings server options without the dashes, for instance `{ 'general-log': 'ON' }`; a read-only server is
 *   `{ 'read-only': 'ON' }`, one with a binary log `{ 'log-bin': 'binlog' }`
 * @throws Error which says why the packages cannot be had, or with the server's own words where it does not start
 */
export async function startMariadb(
  series: MariadbSeries,
  settings: Readonly<Record<string, string>> = {},
): Promise<MysqlServer> {
  const { suite, packages } = origins[series]
  const { folder, versions } = await unpackedPackages(suite, packages)
  const messages = join('usr', 'share', series === '11.8' ? 'mariadb' : 'mysql')
  return startMysqlServer(
    {
      label: 'MariaDB',
      name: `mariadb-${versions[packages[0]]?.replace(/^\d+:/, '')}`,
      folder,
      binary: 'usr/sbin/mariadbd',
      messages,
      flags: [
        ...['--innodb-buffer-pool-size=16M', '--innodb-log-file-size=8M', '--innodb-use-native-aio=OFF'],
        ...['--max-connections=100', '--skip-external-locking'],
      ],
      initialise: {
        flags: ['--bootstrap', '--max-allowed-packet=8M', '--log-warnings=0', '--enforce-storage-engine='],
        input: () => systemTables(join(folder, messages)),
      },
      superuser: (password) => [
        'SET SESSION sql_log_bin = OFF;',
        `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
        "RENAME USER 'root'@'localhost' TO 'root'@'%';",
        // These accounts would have no password.
        "DROP USER 'root'@'127.0.0.1', 'root'@'::1';",
      ],
    },
    settings,
  )
}

/** The SQL that mariadb-install-db has the server read: the script itself would look for its parts in /usr. */
export async function systemTables(folder: string): Promise<string> {
  const names = await readdir(folder)
  const wanted = ['system_tables', 'performance_tables', 'system_tables_data', 'gis_sp_bootstrap', 'sys_schema']
  const scripts = wanted.map((part) => names.find((name) => name.endsWith(`_${part}.sql`)))
  const texts = scripts.map((name) => (name === undefined ? '' : readFile(join(folder, name), 'utf8')))
  const sql = ['CREATE DATABASE mysql;', 'USE mysql;', 'SET @auth_root_socket = NULL;', ...(await Promise.all(texts))]
  // An account of root for this machine's name is of no use here.
  return sql.join('\n').replace(/^.*@current_hostname.*$/gm, '')
}

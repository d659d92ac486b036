import { unpackedPackages } from './debian-packages.ts'
import { type MysqlServer, startMysqlServer } from './mysql-process.ts'

/**
 * Starts the newest MySQL that Debian has, 9.7 at the time of writing, from packages that are downloaded once.
 * @param settings server options without the dashes, for instance `{ 'general-log': 'ON' }`; a read-only server is
 *   `{ 'super-read-only': 'ON' }`, one with a binary log `{ 'log-bin': 'binlog' }`
 * @throws Error which says why the packages cannot be had, or with the server's own words where it does not start
 */
export async function startMysql(settings: Readonly<Record<string, string>> = {}): Promise<MysqlServer> {
  // Stable releases of Debian have MariaDB in its place.
  const { folder, versions } = await unpackedPackages('sid', ['mysql-server-core'])
  const logging = 'log-bin' in settings ? [] : ['--skip-log-bin']
  return startMysqlServer(
    {
      label: 'MySQL',
      name: `mysql-${versions['mysql-server-core']}`,
      folder,
      binary: 'usr/sbin/mysqld',
      messages: 'usr/share/mysql',
      flags: [
        ...['--mysqlx=OFF', '--secure-file-priv=NULL', '--max-connections=100', ...logging],
        ...['--innodb-buffer-pool-size=16M', '--innodb-redo-log-capacity=8M', '--innodb-use-native-aio=OFF'],
        ...['--innodb-flush-method=nosync', '--innodb-doublewrite=OFF'],
      ],
      initialise: { flags: ['--initialize-insecure', '--skip-log-bin'], input: async () => '' },
      superuser: (password) => [
        'SET SESSION sql_log_off = ON, SESSION sql_log_bin = OFF;',
        `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
        "RENAME USER 'root'@'localhost' TO 'root'@'%';",
      ],
    },
    settings,
  )
}

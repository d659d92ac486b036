import { MariaDbContainer } from '@testcontainers/mariadb'
import { MySqlContainer } from '@testcontainers/mysql'
import { PostgreSqlContainer } from '@testcontainers/postgresql'
import type { GenericContainer, StartedTestContainer } from 'testcontainers'
import { type Credentials, type Driver, database, mysqlDriver, pgDriver } from './drivers.ts'

/** Files of a server's certificate and its key on this machine. */
export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** What the container tests know of a kind of database. */
export interface Engine {
  readonly image: string
  /** Inside the container. */
  readonly port: number
  readonly superuser: string
  readonly driver: Driver
  container(image: string, superuserPassword: string, files: CertificateFiles): Startable
  /** Statements that make a login which may read the table `orders`. */
  newLogin(login: Credentials): readonly string[]
}

type Startable = GenericContainer & { start(): Promise<StartedTestContainer> }

const folder = '/etc/keyturn'
const copies = ({ certificate, key }: CertificateFiles) => [
  { source: certificate, target: `${folder}/server.crt`, mode: 0o644 },
  // Readable for the server's user, whose number differs from image to image. It is a key of this run alone.
  { source: key, target: `${folder}/server.key`, mode: 0o644 },
]
const tlsFlags = [`--ssl-cert=${folder}/server.crt`, `--ssl-key=${folder}/server.key`, '--require-secure-transport=ON']

const mysqlFamily = {
  port: 3306,
  superuser: 'root',
  driver: mysqlDriver,
  newLogin: ({ username, password }: Credentials) => [
    `CREATE USER '${username}'@'%' IDENTIFIED BY '${password}'`,
    `GRANT SELECT ON ${database}.orders TO '${username}'@'%'`,
  ],
}

/** By the name of the folder in functions/, which is also the host name in the containers' network. */
export const engines: Readonly<Record<string, Engine>> = {
  postgres: {
    image: process.env.KEYTURN_IMAGE_POSTGRES || 'postgres:18',
    port: 5432,
    superuser: 'superuser',
    driver: pgDriver,
    container: (image, password, { certificate, key }) =>
      new PostgreSqlContainer(image)
        .withDatabase(database)
        .withUsername('superuser')
        .withPassword(password)
        .withSSL(certificate, key),
    newLogin: ({ username, password }) => [
      `CREATE ROLE ${username} LOGIN PASSWORD '${password}'`,
      `GRANT SELECT ON orders TO ${username}`,
    ],
  },
  mysql: {
    ...mysqlFamily,
    image: process.env.KEYTURN_IMAGE_MYSQL || 'mysql:9.7',
    container: (image, password, files) =>
      new MySqlContainer(image)
        .withDatabase(database)
        .withRootPassword(password)
        .withCopyFilesToContainer(copies(files))
        .withCommand(tlsFlags),
  },
  mariadb: {
    ...mysqlFamily,
    image: process.env.KEYTURN_IMAGE_MARIADB || 'mariadb:11.8',
    container: (image, password, files) =>
      new MariaDbContainer(image)
        .withDatabase(database)
        .withRootPassword(password)
        .withCopyFilesToContainer(copies(files))
        .withCommand(tlsFlags),
  },
}

export function engine(name: string): Engine {
  const found = engines[name]
  if (found === undefined) throw new Error(`test/containers/engines.ts has no ${name}`)
  return found
}

import { randomBytes } from 'node:crypto'
import { scramVerifier } from '../../../functions/postgres/scram.ts'
import { quoted, type TestServer } from '../../support/postgres.ts'
import { randomName, randomPassword } from '../../support/random.ts'
import type { TestLogin } from '../../support/test-server.ts'
import { cloneOf } from '../databases/target.ts'

export interface RoleWish {
  /** Part of the name, to which something random is added. */
  readonly name?: string
  /** In bytes, to which the name is filled up. */
  readonly length?: number
  readonly password?: string
  /** Further attributes of CREATE ROLE. */
  readonly attributes?: string
  /** Whether the server keeps the password as a verifier of SCRAM, with any password_encryption. */
  readonly scram?: boolean
}

/** A role that can log in, as an application has one. */
export async function createRole(server: TestServer, wish: RoleWish = {}): Promise<TestLogin> {
  const { name = '', length = 0, password = randomPassword(), attributes = '', scram = false } = wish
  const start = `${randomName()}${name}`
  const username = start.padEnd(start.length + Math.max(0, length - Buffer.byteLength(start)), 'x')
  const kept = await literal(server, scram ? scramVerifier(password, randomBytes(16)) : password)
  await server.query(`CREATE ROLE ${quoted(username)} LOGIN PASSWORD ${kept} ${attributes}`)
  return { username, password }
}

/** An administrator as RDS gives one: no superuser, but it may create roles and administers the base. */
export async function createMaster(server: TestServer, base: TestLogin): Promise<TestLogin> {
  const master = await createRole(server, { attributes: 'CREATEROLE' })
  if (server.major >= 16) await administer(server, base.username, master)
  return master
}

export async function administer(server: TestServer, role: string, master: TestLogin): Promise<void> {
  const set = server.major >= 16 ? ', INHERIT FALSE, SET FALSE' : ''
  await server.query(`GRANT ${quoted(role)} TO ${quoted(master.username)} WITH ADMIN ${set ? 'TRUE' : 'OPTION'}${set}`)
}

/** The clone as AWS's functions make it: a member of the base, and nothing else. */
export async function createClone(server: TestServer, base: TestLogin, master?: TestLogin): Promise<TestLogin> {
  const clone = { username: cloneOf(base), password: randomPassword() }
  const password = await literal(server, clone.password)
  await server.query(
    `CREATE ROLE ${quoted(clone.username)} LOGIN PASSWORD ${password} IN ROLE ${quoted(base.username)}`,
  )
  if (master !== undefined && server.major >= 16) await administer(server, clone.username, master)
  return clone
}

/** All that the server keeps of a login and of its clone. */
export async function roleSnapshot(server: TestServer, login: TestLogin): Promise<unknown> {
  const names = [[login.username, cloneOf(login)]]
  const roles = await server.query(
    `SELECT to_jsonb(a) - 'oid' AS role, (SELECT jsonb_agg(jsonb_build_array(d.datname, s.setconfig) ORDER BY d.datname)
       FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase WHERE s.setrole = a.oid) AS settings,
       (SELECT jsonb_agg(to_jsonb(m) - 'oid' ORDER BY m) FROM pg_auth_members m WHERE m.member = a.oid) AS member_of
     FROM pg_authid a WHERE rolname = ANY ($1) ORDER BY rolname`,
    names,
  )
  return roles
}

/** A text as SQL writes it, quoted by the server itself. */
export async function literal(server: TestServer, text: string): Promise<string> {
  const [row] = await server.query<{ quoted: string }>('SELECT quote_literal($1) AS quoted', [text])
  return row?.quoted ?? ''
}

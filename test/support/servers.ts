import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { startMariadb } from '../../local/servers/mariadb.ts'
import { startMysql } from '../../local/servers/mysql.ts'
import { startPostgres } from '../../local/servers/postgres.ts'
import { startKeycloak } from './keycloak-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the workers ask for the servers of this run. */
    readonly serversUrl: string
  }
}

interface Server extends AsyncDisposable {
  log(): string
}

const postgresSettings = { log_statement: 'all', log_connections: 'on', log_line_prefix: '%t [%p] %u ' }
const mysqlSettings = { 'general-log': 'ON' }

/** The servers by the path at which they are asked for. */
const starts: Readonly<Record<string, () => Promise<Server>>> = {
  '/postgres/15': () => startPostgres(15, postgresSettings),
  '/postgres/18': () => startPostgres(18, postgresSettings),
  '/mysql': () => startMysql(mysqlSettings),
  '/mariadb/10.5': () => startMariadb('10.5', mysqlSettings),
  '/mariadb/10.11': () => startMariadb('10.11', mysqlSettings),
  '/mariadb/11.8': () => startMariadb('11.8', mysqlSettings),
  '/keycloak': startKeycloak,
}

/**
 * Vitest's global setup: each server is started once for the whole run, when the first suite asks for it, so that suites
 * that need none wait for none. The workers ask over HTTP, because a server and its log belong to this process.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<string, Promise<Server>>()

  async function answer({ url = '' }: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(url, 'http://servers')
    const path = pathname.replace(/\/log$/, '')
    const start = starts[path]
    if (start === undefined) return response.writeHead(404).end()
    const server = started.get(path) ?? start()
    started.set(path, server)
    try {
      const { log, ...about } = await server
      const logged = log()
      const answer = { ...about, logged: logged.length }
      response.end(path !== pathname ? logged.slice(Number(searchParams.get('after') ?? 0)) : JSON.stringify(answer))
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error))
    }
    return undefined
  }

  const http = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  project.provide('serversUrl', `http://127.0.0.1:${(http.address() as AddressInfo).port}`)
  return async () => {
    http.closeAllConnections()
    http.close()
    const ends = [...started.values()].map(async (server) => (await server)[Symbol.asyncDispose]())
    await Promise.allSettled(ends)
  }
}

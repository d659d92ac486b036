import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { type PostgresMajor, type PostgresServer, startPostgres } from '../../local/servers/postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the workers ask for the servers of this run. */
    readonly serversUrl: string
  }
}

const settings = { log_statement: 'all', log_connections: 'on', log_line_prefix: '%t [%p] %u ' }

/**
 * Vitest's global setup: each server is started once for the whole run, when the first suite asks for it, so that suites
 * that need none wait for none. The workers ask over HTTP, because a server and its log belong to this process.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<PostgresMajor, Promise<PostgresServer>>()

  async function answer({ url = '' }: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(url, 'http://servers')
    const [, major, what] = /^\/postgres\/(15|18)(\/log)?$/.exec(pathname) ?? []
    if (major === undefined) return response.writeHead(404).end()
    const version = Number(major) as PostgresMajor
    const server = started.get(version) ?? startPostgres(version, settings)
    started.set(version, server)
    try {
      const { log, ...about } = await server
      response.end(what ? log().slice(Number(searchParams.get('after') ?? 0)) : JSON.stringify(about))
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

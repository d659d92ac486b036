import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DatabaseTypeUnderTest } from './database.ts'
import { expectFailure } from './failure.ts'
import type { Suite } from './suite.ts'

/** Hosts that do not answer as a database does. */
export function networkCases(type: DatabaseTypeUnderTest, suite: Suite): void {
  const failsAt = async (fields: Readonly<Record<string, string>>, code: 'Unreachable' | 'NoAnswer') => {
    const target = await suite.stored((store) => type.withFields(store, fields))
    const watch = await type.watchLogins(target)
    const error = await expectFailure(suite, target, { code, step: 'setSecret' })
    // expectFailure has logged in once to see that the value works; the function has not.
    expect((await watch.stop()).refused).toBe(0)
    return error
  }

  it('a port that nobody listens on is Unreachable, not a wrong password', async () => {
    const error = await failsAt({ port: String(await closedPort()) }, 'Unreachable')
    expect(error.errorMessage).toContain('ECONNREFUSED')
  })

  it('a name that does not resolve is Unreachable', async () => {
    const error = await failsAt({ host: '"db.keyturn.invalid"' }, 'Unreachable')
    expect(error.errorMessage).toMatch(/db\.keyturn\.invalid cannot be resolved/)
  })

  it('a host that speaks another protocol is NoAnswer, with TLS or without', async () => {
    await using web = await strangeServer('HTTP/1.1 400 Bad Request\r\n\r\n')
    for (const ssl of ['true', 'false']) await failsAt({ port: String(web.port), ssl }, 'NoAnswer')
  })

  let silent: Awaited<ReturnType<typeof strangeServer>>
  let ends: Promise<Awaited<ReturnType<typeof failsAt>>[]>
  // Waited for while the other cases run.
  beforeAll(async () => {
    silent = await strangeServer()
    const port = String(silent.port)
    ends = Promise.all(['true', 'false'].map((ssl) => failsAt({ port, ssl }, 'NoAnswer')))
    ends.catch(() => undefined)
  })
  afterAll(() => silent[Symbol.asyncDispose]())

  it('a host that accepts and says nothing is given up after 5 s, with TLS or without', async () => {
    for (const error of await ends) expect(error.errorMessage).toContain(`localhost:${silent.port}`)
    // As the host sees it: how long the rest takes depends on the machine.
    expect(silent.heldMs.length).toBeGreaterThanOrEqual(2)
    for (const heldMs of silent.heldMs) {
      expect(heldMs).toBeGreaterThan(4_000)
      expect(heldMs).toBeLessThan(9_000)
    }
  })
}

async function closedPort(): Promise<number> {
  await using server = await strangeServer()
  return server.port
}

/** @param says its answer to any bytes, which it also sends by itself after a moment; it says nothing when left out */
async function strangeServer(says?: string) {
  const heldMs: number[] = []
  const server = createServer((socket) => {
    const began = performance.now()
    socket.once('close', () => heldMs.push(performance.now() - began))
    socket.on('error', () => undefined).resume()
    if (says === undefined) return
    socket.once('data', () => socket.end(says))
    // Some protocols begin with the server.
    setTimeout(() => socket.end(says), 100)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    /** How long each client stayed. */
    heldMs,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

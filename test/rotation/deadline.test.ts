import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generatedValue } from '../functions/generated-value/secret-type.ts'
import { codeOf, saidBy } from '../support/outcome.ts'
import { secretsManagerFor } from '../support/secrets-manager.ts'

const timeoutMs = 4_000

// At the deadline itself the host kills the function and gives an error of its own.
// Each case waits for a deadline of its own.
describe.concurrent('the deadline of the Lambda', () => {
  let silent: Server
  let port: number
  beforeAll(async () => {
    silent = createServer((socket) => socket.on('error', () => undefined).resume())
    await new Promise<void>((resolve) => silent.listen(0, 'localhost', resolve))
    const address = silent.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })
  afterAll(() => {
    silent.close()
  })

  it('is met with an error that names the call, where Secrets Manager does not answer', async () => {
    const env = { SECRETS_MANAGER_ENDPOINT: `http://localhost:${port}` }
    await using secrets = await secretsManagerFor({ ...generatedValue.function, env, timeoutMs })
    const rotation = await secrets.begin(await secrets.store('{"password":"to begin with"}'))
    const outcome = await rotation.attempt('createSecret')
    expect(codeOf(outcome)).toBe('TimedOut')
    const said = `The time ran out during secretsmanager:DescribeSecret on ${rotation.secretId}.`
    expect(saidBy(outcome)).toContain(said)
    // Secrets Manager has no locks that anybody could look for.
    expect(saidBy(outcome)).not.toContain('lock')
    expect(outcome.logs).toContain('"code":"TimedOut"')
    expect(outcome.logs).toContain('"outcome":"TimedOut"')
  })

  it('is met with an error that names host and port, where the database does not answer', async () => {
    const about = { id: 'PostgresSingleUser', module: 'functions/postgres/single-user.ts', timeoutMs }
    await using secrets = await secretsManagerFor(about)
    const login = { host: 'localhost', port, username: 'app', password: 'to begin with' }
    const rotation = await secrets.begin(await secrets.store(JSON.stringify(login)))
    await rotation.run('createSecret')
    const outcome = await rotation.attempt('setSecret')
    expect(codeOf(outcome)).toBe('NoAnswer')
    expect(saidBy(outcome)).toContain(`localhost:${port}`)
  })

  it('leaves the next invocation its whole time, though the process is the same', async () => {
    let slow = true
    await using secrets = await secretsManagerFor(
      { ...generatedValue.function, timeoutMs },
      { intercept: ({ caller }) => (slow && caller === generatedValue.function.id ? { delayMs: 3_000 } : undefined) },
    )
    const rotation = await secrets.begin(await secrets.store('{"password":"to begin with"}'))
    expect(await rotation.attempt('createSecret')).toMatchObject({ ok: false, error: { errorType: 'TimedOut' } })
    slow = false
    await rotation.run('createSecret', 'setSecret', 'testSecret', 'finishSecret')
  })
})

import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { run, start } from './commands.ts'
import { clientFor } from './support.ts'

/** Starts the server on any free port, ready to be used. */
async function serve(...args: string[]) {
  const server = await start('local', ['--port', '0', '--json', ...args])
  await expect.poll(() => server.lines().length, { timeout: 10_000 }).toBeGreaterThan(0)
  const { endpoint, functions } = server.json()[0] as { endpoint: string; functions: Record<string, string> }
  return { ...server, endpoint, functions, client: clientFor({ endpoint }) }
}

type Served = Awaited<ReturnType<typeof serve>>

async function rotateGenerated({ client, functions }: Served) {
  const { ARN: SecretId = '' } = await client.createSecret({ Name: 'app/key', SecretString: 'first' })
  await client.rotateSecret({ SecretId, RotationLambdaARN: functions.GeneratedValue })
  return SecretId
}

describe('npm run local', () => {
  test('--json prints one line when it is ready, one for each event, and no value; SIGTERM ends it with 0', async () => {
    const server = await serve()
    expect(server.functions.GeneratedValue).toBe('arn:aws:lambda:us-east-1:000000000000:function:GeneratedValue')
    expect(server.lines()).toHaveLength(1)
    const SecretId = await rotateGenerated(server)
    await expect.poll(() => server.json().at(-1), { timeout: 10_000 }).toMatchObject({ event: 'RotationSucceeded' })
    const steps = server.json().filter(({ event, phase }) => event === 'step' && phase === 'ended')
    expect(steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'createSecret succeeded',
      'setSecret succeeded',
      'testSecret succeeded',
      'finishSecret succeeded',
    ])
    const { SecretString = '' } = await server.client.getSecretValue({ SecretId })
    expect(SecretString).not.toBe('first')
    expect(server.output.stdout + server.output.stderr).not.toContain(SecretString)
    expect(server.output.stderr).toContain('createSecret')
    server.child.kill('SIGTERM')
    expect(await server.exit).toBe(0)
  })

  test('tells people the endpoint, the functions and what to paste, without colours; Ctrl-C ends it with 0', async () => {
    const { child, exit, output } = await start('local', ['--port', '0'])
    await expect.poll(() => output.stdout, { timeout: 10_000 }).toContain('export AWS_ENDPOINT_URL=http://127.0.0.1:')
    expect(output.stdout).toContain('AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1')
    expect(output.stdout).toContain('arn:aws:lambda:us-east-1:000000000000:function:GeneratedValue')
    expect(output.stdout).not.toContain('\u001b[')
    child.kill('SIGINT')
    expect(await exit).toBe(0)
  })

  test('tells people of a failure once, in words; with --logs, its log line says it once', async () => {
    const said = 'The value of the secret is JSON, but not an object.'
    for (const [args, lines] of [
      [[], 0],
      [['--logs'], 1],
    ] as const) {
      const server = await start('local', ['--port', '0', ...args])
      const endpoint = () => /AWS_ENDPOINT_URL=(\S+)/.exec(server.output.stdout)?.[1] ?? ''
      await expect.poll(endpoint, { timeout: 10_000 }).not.toBe('')
      const client = clientFor({ endpoint: endpoint() })
      const { ARN: SecretId = '' } = await client.createSecret({ Name: 'app/db', SecretString: '[]' })
      const RotationLambdaARN = 'arn:aws:lambda:us-east-1:000000000000:function:PostgresSingleUser'
      await client.rotateSecret({ SecretId, RotationLambdaARN })
      await expect.poll(() => server.output.stdout, { timeout: 10_000 }).toContain('failed')
      const [attempt = ''] = server.output.stdout.split('\n(attempt 2)')
      expect(attempt).toContain(`InvalidSecret: ${said}`)
      const logged = server.output.stderr.split('\n').filter((line) => line.includes('"message":"step failed"'))
      expect(logged.slice(0, 1)).toHaveLength(lines)
      for (const line of logged.slice(0, 1)) expect(line.split(said)).toHaveLength(2)
      if (lines === 0) expect(server.output.stderr).toBe('')
      server.child.kill('SIGINT')
      await server.exit
    }
  })

  test.each([
    [['--port', 'abc'], 'abc'],
    [['--port', '70000'], '70000'],
    [['--port'], '--port'],
    [['--prot', '1'], '--prot'],
    [['extra'], 'extra'],
    [['--host', '0.0.0.0'], '0.0.0.0'],
    [['--host', '::'], '::'],
    [['--host', '203.0.113.7'], '203.0.113.7'],
    [['--host', 'localhost'], 'localhost'],
    [['--name', 'http://secrets.internal'], 'http://secrets.internal'],
    [['--lambda-endpoint', '127.0.0.1:3001'], '127.0.0.1:3001'],
    [['--lambda-endpoint', 'http://127.0.0.1:3001/path'], '/path'],
    [['--hold', '--lambda-endpoint', 'http://127.0.0.1:3001'], '--hold'],
  ])('%j is a usage error', async (args, named) => {
    const { code, stdout, stderr } = await run('local', args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(named)
    expect(stderr).toContain('--help')
    expect(stderr).not.toContain('    at ')
  })

  test('a port in use is an error that says the command for another one', async () => {
    const { endpoint } = await serve()
    const { code, stderr } = await run('local', ['--port', new URL(endpoint).port])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Port \d+ is in use\..* npm run local -- --port N .*\n$/)
  })

  test('an address that this machine does not have is an error that says so', async () => {
    const { code, stderr } = await run('local', ['--port', '0', '--host', '10.255.254.253'])
    expect(code).toBe(1)
    expect(stderr).toContain('10.255.254.253')
    expect(stderr).not.toContain('    at ')
  })

  test('--lambda-endpoint: where nothing answers, the step says so and the version stays pending', async () => {
    // A port where nobody listens any more.
    const gone = await serve()
    gone.child.kill('SIGKILL')
    await gone.exit
    const server = await serve('--lambda-endpoint', gone.endpoint)
    const SecretId = await rotateGenerated(server)
    const failed = () => server.json().find(({ outcome }) => outcome === 'failed')
    await expect.poll(failed, { timeout: 10_000 }).toMatchObject({ step: 'createSecret' })
    const { token, error } = failed()
    expect(error.errorMessage).toContain(`Lambda at ${gone.endpoint} does not answer (ECONNREFUSED)`)
    expect(error.errorMessage).toContain(`Version ${token} stays pending`)
    const { VersionIdsToStages } = await server.client.describeSecret({ SecretId })
    expect(VersionIdsToStages?.[token]).toEqual(['AWSPENDING'])
  })

  test('--help shows an example', async () => {
    const { code, stdout } = await run('local', ['--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('aws secretsmanager rotate-secret')
    expect(stdout).toContain('memory')
  })
})

describe('--hold and npm run invoke', () => {
  test('the events become files for their owner alone, and a rotation that is invoked by hand succeeds', async () => {
    const held = await serve('--hold')
    // Of another Region than most, which the function must ask in, too.
    const functions = { GeneratedValue: 'arn:aws:lambda:eu-west-1:000000000000:function:GeneratedValue' }
    const server = { ...held, functions, client: clientFor(held, { region: 'eu-west-1' }) }
    const SecretId = await rotateGenerated(server)
    await expect.poll(() => server.json().at(-1), { timeout: 10_000 }).toMatchObject({ event: 'held' })
    const { files } = server.json().at(-1) as { files: string[] }
    const steps = ['create-secret', 'set-secret', 'test-secret', 'finish-secret']
    expect(files).toEqual(steps.map((step) => join('.keyturn', 'held', 'app%2Fkey', `${step}.json`)))
    for (const file of files) expect((await stat(join(server.folder, file))).mode & 0o777).toBe(0o600)
    const event = JSON.parse(await readFile(join(server.folder, files[0] ?? ''), 'utf8'))
    expect(event).toMatchObject({ Step: 'createSecret', SecretId, RotationToken: expect.any(String) })
    for (const file of files) {
      const args = ['GeneratedValue', file, '--endpoint', server.endpoint, '--json']
      const { code, stdout } = await run('invoke', args, server.folder)
      expect(JSON.parse(stdout)).toMatchObject({ functionId: 'GeneratedValue', ok: true })
      expect(code).toBe(0)
    }
    const events = server.json().map((line) => line.event)
    expect(events).toContain('RotationSucceeded')
    const found = await server.client.describeSecret({ SecretId })
    // Nobody knows that the function was the last to be invoked, so nobody takes AWSPENDING off.
    expect(found.VersionIdsToStages?.[event.ClientRequestToken]).toEqual(['AWSCURRENT', 'AWSPENDING'])
  })

  test('a step that fails is exit code 1 and says why', async () => {
    const server = await serve()
    const folder = await temporaryFolder()
    const SecretId = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:nobody-AbCdEf'
    const event = { Step: 'createSecret', SecretId, ClientRequestToken: 'x'.repeat(36) }
    await writeFile(join(folder, 'event.json'), JSON.stringify(event))
    const env = { AWS_ENDPOINT_URL: server.endpoint }
    const { code, stdout } = await run('invoke', ['GeneratedValue', 'event.json'], folder, env)
    expect(code).toBe(1)
    expect(stdout).toContain('failed  GeneratedValue')
  })

  test('an impossible invocation is exit code 2', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'bad.json'), '{"RotationToken":"hunter2"')
    await writeFile(join(folder, 'good.json'), '{}')
    const attempts: [string[], string][] = [
      [[], 'Give a function and a file'],
      [['Nobody', 'bad.json'], 'There is no function Nobody. There is: '],
      [['GeneratedValue', 'none.json'], "none.json can't be read"],
      [['GeneratedValue', 'bad.json'], 'bad.json is not JSON'],
      [['GeneratedValue', 'bad.json', '--endpoint', 'x'], '--endpoint takes a URL'],
      [['GeneratedValue', 'good.json', '--endpoint', 'http://127.0.0.1:1'], 'Nothing answers at http://127.0.0.1:1.'],
    ]
    const results = await Promise.all(attempts.map(([args]) => run('invoke', args, folder)))
    for (const [index, { code, stderr }] of results.entries()) {
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(attempts[index]?.[1] ?? '') })
      expect(stderr).not.toContain('hunter2')
    }
  })
})

test('npm run test:interop does not pass without its options, or with a folder that is no checkout', async () => {
  const main = '../../test/interop/main'
  expect(await run(main, [])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^NOT TESTED: .*npm run test:interop -- --aws FOLDER --python PYTHON\n/),
  })
  const other = await run(main, ['--aws', '/'])
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining("/ is no checkout of AWS's functions") })
})

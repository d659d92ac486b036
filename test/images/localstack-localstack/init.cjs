#!/var/lang/bin/node
// Stands for the program that LocalStack copies into a function's container and would download: it starts the runtime,
// serves Lambda's Runtime API to it, and takes invocations from LocalStack on a port of its own.
const { spawn } = require('node:child_process')
const { createServer } = require('node:http')

const { LOCALSTACK_RUNTIME_ENDPOINT: localstack, LOCALSTACK_RUNTIME_ID: id, AWS_LAMBDA_FUNCTION_TIMEOUT } = process.env
const timeoutMs = Number(AWS_LAMBDA_FUNCTION_TIMEOUT || 30) * 1000
const runtimeApi = '127.0.0.1:9001'

let logs = ''
let said = false
let waitForEvent
let waitForRuntime = Promise.withResolvers()

async function body(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const tell = (path, text) =>
  fetch(`${localstack}/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text })

async function ended(invocation, outcome, text) {
  await tell(`invocations/${invocation}/logs`, JSON.stringify({ logs }))
  logs = ''
  await tell(`invocations/${invocation}/${outcome}`, text)
}

// The runtime's side: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
const runtime = createServer(async (request, response) => {
  const [, invocation, what] = /^\/2018-06-01\/runtime\/(?:invocation\/)?([^/]+)(?:\/(\w+))?$/.exec(request.url) ?? []
  if (invocation === 'next') {
    waitForEvent = response
    waitForRuntime.resolve()
    if (!said) await tell(`status/${id}/ready`, '')
    said = true
    return
  }
  const text = await body(request)
  if (invocation === 'init') await tell(`status/${id}/error`, text)
  else await ended(invocation, what, text)
  response.writeHead(202).end('{"status":"OK"}')
})

// LocalStack's side.
const invocations = createServer(async (request, response) => {
  const {
    'invoke-id': invocation,
    'invoked-function-arn': arn,
    payload,
    'trace-id': trace,
  } = JSON.parse(await body(request))
  response.end()
  await waitForRuntime.promise
  waitForRuntime = Promise.withResolvers()
  waitForEvent.setHeader('lambda-runtime-aws-request-id', invocation)
  waitForEvent.setHeader('lambda-runtime-deadline-ms', String(Date.now() + timeoutMs))
  waitForEvent.setHeader('lambda-runtime-invoked-function-arn', arn)
  if (trace) waitForEvent.setHeader('lambda-runtime-trace-id', trace)
  waitForEvent.end(payload)
})

invocations.listen(9563)
runtime.listen(9001, '127.0.0.1', () => {
  const env = { ...process.env, AWS_LAMBDA_RUNTIME_API: runtimeApi }
  const child = spawn('/var/runtime/bootstrap', { env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      logs += text
      process.stdout.write(text)
    })
  }
  child.on('exit', (code) => process.exit(code ?? 1))
})

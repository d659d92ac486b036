// Stands for the compiled part of Lambda's runtime client, which speaks HTTP to the Runtime API and would take a compiler
// and most of a minute: the same three functions, in JavaScript.
const { Agent, request } = require('node:http')

const [hostname, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? '').split(':')
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
// The compiled one has sent an answer when it returns; here whoever asks for the next event waits for that.
let sent = Promise.resolve()

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { agent, hostname, port, method, path: `/2018-06-01/runtime/invocation/${path}`, headers }
    const sending = request(options, async (response) => {
      const chunks = []
      for await (const chunk of response) chunks.push(chunk)
      resolve({ bodyJson: Buffer.concat(chunks).toString(), headers: response.headers })
    })
    sending.once('error', reject).end(body)
  })
}

function post(path, body, headers) {
  const all = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers }
  sent = call('POST', path, body, all)
}

module.exports = {
  async next() {
    await sent
    return call('GET', 'next')
  },
  done: (id, body) => post(`${id}/response`, body),
  error(id, body, xray) {
    const { errorType = 'Unhandled' } = JSON.parse(body)
    post(`${id}/error`, body, {
      'lambda-runtime-function-error-type': errorType,
      'lambda-runtime-function-xray-error-cause': xray,
    })
  },
}

import { afterAll } from 'vitest'
import type { Heard } from '../../../local/servers/https-front.ts'
import { startOauthServer } from '../../../local/servers/oauth-server.ts'
import { describedOauthServer, oauthDescription } from '../../../local/servers/oauth-server-description.ts'
import { stepCalls } from '../../contract/calls.ts'
import { crashContract } from '../../contract/crash-runner.ts'
import type { FaultGate } from '../../contract/fault-gate.ts'
import { olderClaims } from './claims.ts'
import { refreshToken } from './secret-types.ts'

const server = await startOauthServer({ rotation: 'single_use' })
const strict = {
  ...oauthDescription(server.front, 'single_use'),
  // True of this server, and of few others.
  consumed_refresh_token_introspects: 'inactive',
}
const described = await describedOauthServer(server.front, strict)

/** Every request of the function to the server is a call. */
function spoilAt(gate: FaultGate) {
  return ({ headers, path, method }: Heard) => {
    if (headers['user-agent'] !== 'keyturn') return undefined
    const call = gate.arrive(`${method} ${path}`)
    if (!call.leaves()) return 'swallow before' as const
    return {
      change<T>(said: T): T {
        call.answers()
        return said
      },
    }
  }
}

const { createSecret: store } = stepCalls.OauthRefreshToken.usual

await crashContract({
  async type(gate) {
    server.front.spoil = spoilAt(gate)
    return { type: refreshToken('oauth, single use', server, described.env) }
  },
  // The claim of the rotation before is taken away.
  rotatedBefore: 1,
  afterKill: olderClaims,
  // The server has used the token up, and its answer is lost.
  window: {
    code: 'ReauthorizationRequired',
    isIn: (n, moment) =>
      (n === store - 1 && moment === 'after it has arrived') || (n === store && moment === 'before it leaves'),
  },
  calls: stepCalls.OauthRefreshToken.usual,
})

afterAll(async () => {
  await described[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

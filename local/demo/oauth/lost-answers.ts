import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { startLocalSecretsManager } from '../../secrets-manager/start.ts'
import type { HttpsFront } from '../../servers/https-front.ts'
import { type Behaviour, behaviours, modules, type OauthServers } from './servers.ts'

/** How long a run may take here. Another run waits until this one must have ended, and a few seconds more. */
const timeoutMs = 20_000
/** When Secrets Manager tries again. */
const retryDelaysMs = [timeoutMs + 13_000]

const ends: Readonly<Record<Behaviour, readonly [ok: boolean, says: string]>> = {
  strict: [
    false,
    'the refresh token is not sent again, which would end the grant; somebody has to authorize the client',
  ],
  grace: [true, 'the same refresh token is sent again, and answered as before'],
  none: [true, 'the same refresh token is sent again, which lives on'],
}

/**
 * Loses the answer to a token request on each of the servers, lets Secrets Manager try again, and looks what is left.
 * @returns sentences about what was not as promised
 */
export async function loseAnswers({ servers, env }: OauthServers, say: (line: string) => void): Promise<string[]> {
  say(
    `\nA proxy loses the answer to a token request, on three servers at once. Secrets Manager tries again in ${Math.round((retryDelaysMs[0] ?? 0) / 1000)} s ...`,
  )
  const failures = new Map<string, string[]>()
  let ended = 0
  await using local = await startLocalSecretsManager({
    functions: { OauthRefreshToken: { module: modules.OauthRefreshToken ?? '', env, timeoutMs } },
    retryDelaysMs,
    onStep(step) {
      if (step.phase !== 'ended') return
      const before = failures.get(step.secretArn) ?? []
      if (step.outcome === 'failed') failures.set(step.secretArn, [...before, step.error?.errorType ?? ''])
      // A rotation has ended when its secret is promoted, or when the second attempt has failed.
      if (step.step === 'finishSecret' || (step.outcome === 'failed' && before.length === retryDelaysMs.length)) ended++
    },
  })
  const credentials = { accessKeyId: 'demo', secretAccessKey: 'demo' }
  const client = new SecretsManagerClient({ endpoint: local.endpoint, region: 'us-east-1', credentials })
  const surprises: string[] = []
  const expect = (promise: string, kept: boolean) => {
    say(`  ${kept ? 'yes' : 'NO '}  ${promise}`)
    if (!kept) surprises.push(`Not so: ${promise}`)
  }
  const secrets = await Promise.all(
    behaviours.map(async (name) => {
      loseOne(servers[name].front)
      const SecretString = JSON.stringify({ ...(await servers[name].grant()), provider: name })
      const { ARN: SecretId = '' } = await client.send(
        new CreateSecretCommand({ Name: `demo/lost-${name}`, SecretString }),
      )
      const rules = {
        RotationLambdaARN: local.functions.OauthRefreshToken,
        RotationRules: { AutomaticallyAfterDays: 1 },
      }
      await client.send(new RotateSecretCommand({ SecretId, ...rules }))
      return { name, SecretId, before: SecretString }
    }),
  )
  for (let waited = 0; ended < behaviours.length && waited < 120_000; waited += 200) await sleep(200)
  for (const { name, SecretId, before } of secrets) {
    const { SecretString: now = '{}' } = await client.send(new GetSecretValueCommand({ SecretId }))
    const { access_token } = JSON.parse(now) as { access_token: string }
    const [ok, says] = ends[name]
    const isAsSaid = ok
      ? now !== before
      : now === before && failures.get(SecretId)?.at(-1) === 'ReauthorizationRequired'
    expect(`${name}: ${says}`, isAsSaid)
    expect(`${name}: an application that reads the secret keeps its access`, await servers[name].isAlive(access_token))
  }
  client.destroy()
  return surprises
}

/** The server has answered, and the proxy says that it has not. */
function loseOne(front: HttpsFront): void {
  const usual = front.spoil
  let isLost = false
  front.spoil = async (heard) => {
    const spoilt = await usual(heard)
    if (isLost || !heard.body.includes('grant_type=refresh_token')) return spoilt
    isLost = true
    return {
      change(said) {
        if (typeof spoilt === 'object' && 'change' in spoilt) spoilt.change(said)
        return { status: 502, headers: { 'content-type': 'text/html' }, body: '<p>Bad Gateway' }
      },
    }
  }
}

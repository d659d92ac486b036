import { readFileSync } from 'node:fs'
import { afterAll } from 'vitest'
import { describedProvider } from '../../../local/servers/key-provider-description.ts'
import { crashContract } from '../../contract/crash-runner.ts'
import { type SecretTypeUnderTest, secretTypeContract, type Target } from '../../contract/secret-type.ts'
import { gated } from '../../functions/api-key/gated.ts'
import { apiKeyFunction, keyIn } from '../../functions/api-key/secret-types.ts'
import { repositoryPath } from '../../support/function-under-test.ts'
import { type JupyterHub, startJupyterHub, version } from './jupyterhub.ts'

const hub = await startJupyterHub()
const described = await describedProvider(hub.front, {
  ...(JSON.parse(readFileSync(repositoryPath('functions/api-key/providers/jupyterhub.json'), 'utf8')) as object),
})
afterAll(async () => {
  await described[Symbol.asyncDispose]()
  await hub[Symbol.asyncDispose]()
})

async function target({ user, tokens, letsIn }: JupyterHub, name?: string): Promise<Target> {
  const { name: owner, token, id } = await user(name)
  return {
    value: JSON.stringify({ api_key: token, key_id: id, params: { user: owner } }),
    works: (text) => letsIn(keyIn(text)),
    snapshot: () => tokens(owner),
    sensitive: (text) => [keyIn(text)],
    others: [hub.admin],
    logins: [],
  }
}

const env = { ...described.env, API_KEY_PROVIDER: 'jupyterhub', API_KEY_HOSTS: `jupyterhub=${hub.front.host}` }
const type: SecretTypeUnderTest = {
  title: 'api key of JupyterHub',
  server: `JupyterHub ${version}`,
  function: { ...apiKeyFunction, env },
  oldValue: 'works',
  sequences: 4,
  fresh: () => target(hub),
  hostile: { 'a user with %, ?, # and unicode': () => target(hub, 'a%2e?x=1#é"名') },
}

await secretTypeContract(type, async () => hub.log())

await crashContract({
  async type(gate) {
    gated(hub.front, gate)
    return { type }
  },
  rotatedBefore: 2,
  calls: { createSecret: 8, testSecret: 3 },
})

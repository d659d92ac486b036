import { afterEach, expect, test, vi } from 'vitest'
import { shellVariables } from '../../local/functions.ts'

afterEach(() => void vi.unstubAllEnvs())

test("a function sees the shell's variables and endpoints, but not its credentials", () => {
  const seen = { PASSWORD_LENGTH: '40', AWS_ENDPOINT_URL_IAM: 'http://127.0.0.1:1' }
  const unseen = {
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:2',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:3',
    SECRETS_MANAGER_ENDPOINT: 'http://127.0.0.1:4',
  }
  for (const [name, value] of Object.entries({ ...seen, ...unseen })) vi.stubEnv(name, value)
  const variables = shellVariables()
  expect(variables).toMatchObject(seen)
  for (const name of Object.keys(unseen)) expect(variables).not.toHaveProperty(name)
})

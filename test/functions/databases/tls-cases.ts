import { expect } from 'vitest'
import type { FunctionError } from '../../../local/secrets-manager/functions/invocation.ts'
import type { ErrorCode } from '../../../shared/errors/catalogue.ts'
import { expectFailure } from '../../contract/failure.ts'
import type { SecretTypeUnderTest } from '../../contract/secret-type.ts'
import { suiteFor } from '../../contract/suite.ts'
import type { DatabaseServer } from '../../support/test-server.ts'

/** The same kind of secret, whose function has these variables and no others. */
export function withEnv<T extends SecretTypeUnderTest>(type: T, env: Readonly<Record<string, string>>): T {
  return { ...type, function: { ...type.function, env } }
}

/** Variables that no driver may heed, besides its own, and a ban on code made of text. For a process of its own. */
export const hostileEnvironment = {
  NODE_OPTIONS: '--disallow-code-generation-from-strings',
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  NODE_USE_ENV_PROXY: '1',
  HTTP_PROXY: 'http://127.0.0.1:1',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  ALL_PROXY: 'http://127.0.0.1:1',
  NO_PROXY: '',
  USER: 'nobody',
  USERNAME: 'nobody',
  LOGNAME: 'nobody',
  HOME: '/nowhere',
  SSH_AUTH_SOCK: '/nowhere/agent',
}

/** The same kind of secret, whose function runs in a process with these variables besides its own. */
export function inProcessWith<T extends SecretTypeUnderTest>(type: T, env: Readonly<Record<string, string>>): T {
  return { ...type, function: { ...type.function, runIn: 'process', env: { ...type.function.env, ...env } } }
}

/**
 * Expects setSecret to fail without a password having been sent to the server.
 * @param sent what the server's log would have, if one had been
 * @returns the error
 */
export async function expectNothingSent(
  type: SecretTypeUnderTest,
  server: Pick<DatabaseServer<unknown, unknown>, 'log'>,
  { code, sent }: { readonly code: ErrorCode; readonly sent: RegExp },
): Promise<FunctionError> {
  const suite = await suiteFor(type)
  await using _ = suite.secrets
  const target = await suite.stored()
  const start = (await server.log()).length
  const rotation = await suite.secrets.begin(target.secretId)
  await rotation.run('createSecret')
  await rotation.attempt('setSecret')
  expect(await server.log(start)).not.toMatch(sent)
  const error = await expectFailure(suite, await suite.stored(), { code, step: 'setSecret' })
  await suite.expectNoLeak(await server.log())
  return error
}

export async function expectRotates(type: SecretTypeUnderTest): Promise<void> {
  const suite = await suiteFor(type)
  await using _ = suite.secrets
  const target = await suite.stored()
  await suite.secrets.rotate(target.secretId)
  expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
}

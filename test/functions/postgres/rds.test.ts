import { afterAll, expect, it } from 'vitest'
// In this order: the cases of the later files wait, and have begun to before the first file's cases run.
import './replica-host.ts'
import './replica-standby.ts'
import './managed-superuser.ts'
import { rds } from './rds-of-this-file.ts'

afterAll(() => rds[Symbol.asyncDispose]())

it('a superuser at RDS: no secret value is in any output', async () => {
  const { suite, server, api } = rds
  expect(suite.secrets.output()).toContain('step succeeded')
  await suite.expectNoLeak(await server.log(), api.sent())
})

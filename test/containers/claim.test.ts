import { afterAll, inject } from 'vitest'
import { claimCases } from '../contract/claim-cases.ts'
import { localClient } from '../support/secrets-manager.ts'

const client = localClient(inject('containers').localstack.endpoint)
afterAll(() => client.destroy())

claimCases('LocalStack 4.14', client)

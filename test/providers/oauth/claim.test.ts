import { afterAll } from 'vitest'
import { claimCases } from '../../contract/claim-cases.ts'
import { startMoto } from '../../support/moto.ts'
import { localClient } from '../../support/secrets-manager.ts'

const moto = await startMoto()
const client = localClient(moto.endpoint)
afterAll(async () => {
  client.destroy()
  await moto[Symbol.asyncDispose]()
})

claimCases('moto 5.2', client)

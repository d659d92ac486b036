/**
 * Runs rotations when it is told to, in a process of its own that does nothing else: as the bundled function, or as
 * the floor. Started with the bundle, the endpoint of Secrets Manager and the database's authority (PEM).
 */
import { createRequire } from 'node:module'
import { steps } from '../shared/rotation/event.ts'
import { createFloor, type Prepared } from './floor.ts'

export interface Order {
  readonly as: 'function' | 'floor'
  readonly prepared: Prepared
}

/** Milliseconds, or what went wrong. */
export type Answer = { readonly ms: number } | { readonly error: string }

const [bundle = '', endpoint = '', ca = ''] = process.argv.slice(2)
const { handler } = createRequire(import.meta.url)(bundle)
const floor = createFloor(endpoint, ca)
// What the function logs is written, as on Lambda, but read by nobody here.
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 30_000 }

async function asFunction({ secretId: SecretId, token: ClientRequestToken }: Prepared): Promise<void> {
  for (const Step of steps) {
    await handler({ Step, SecretId, ClientRequestToken }, context)
  }
}

async function carryOut({ as, prepared }: Order): Promise<Answer> {
  const began = performance.now()
  try {
    await (as === 'floor' ? floor(prepared) : asFunction(prepared))
    return { ms: performance.now() - began }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

process.on('message', async (order: Order) => process.send?.(await carryOut(order)))

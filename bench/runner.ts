/**
 * Runs steps of rotations when it is told to, in a process of its own that does nothing else: as the bundled function,
 * or as the floor.
 */
import { createRequire } from 'node:module'
import type { Step } from '../shared/rotation/event.ts'
import { createFloor, type Prepared } from './floor.ts'
import type { Answer, Order, RunnerSettings } from './runner-process.ts'
import type { LogIn } from './target.ts'

const { bundle, endpoint, env, driver }: RunnerSettings = JSON.parse(process.argv[2] ?? '')
const { handler } = createRequire(import.meta.url)(bundle)
const { logIn }: { logIn: LogIn } = driver === undefined ? { logIn: nobody } : await import(driver)
const floor = createFloor(endpoint, env, logIn)
// The function writes its log, as on Lambda, but nobody reads it here.
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 30_000 }

async function nobody(): Promise<never> {
  throw new Error('there is nothing to log in to')
}

const run = {
  function: (Step: Step, { secretId: SecretId, token: ClientRequestToken }: Prepared): Promise<void> =>
    handler({ Step, SecretId, ClientRequestToken }, context),
  floor: (step: Step, prepared: Prepared) => floor[step](prepared),
}

async function carryOut({ as, steps, prepared }: Order): Promise<Answer> {
  const began = performance.now()
  try {
    for (const step of steps) await run[as](step, prepared)
    return { ms: performance.now() - began }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

process.on('message', async (order: Order) => process.send?.(await carryOut(order)))

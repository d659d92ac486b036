import { expect, vi } from 'vitest'
import doctor from '../../../cli/commands/doctor.ts'
import { hour } from '../../../cli/times.ts'
import type { Case } from './case.ts'
import { ran } from './run.ts'
import { startWorld, type World } from './set-up.ts'

/** A world whose address the shell of this process has. */
export async function worldOfShell(): Promise<World> {
  const world = await startWorld()
  vi.stubEnv('AWS_ENDPOINT_URL', world.account.endpoint)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  return world
}

/** Makes a cause and expects doctor to name it. */
export async function expectNamed(world: World, each: Case): Promise<void> {
  const { name } = await each.make(world)
  await world.settled()
  try {
    vi.setSystemTime(Date.now() + (each.hoursLater ?? 0) * hour)
    const { json, code } = await ran(doctor, [name, '--json', ...(each.args ?? [])])
    const found = json.find(({ cause }) => cause === each.cause)
    expect(found, JSON.stringify(json, undefined, 1)).toBeDefined()
    expect(found?.certainty).toBe(each.certainty)
    expect(`${found?.saw} ${found?.remedy} ${found?.command}`).toMatch(each.says)
    if (each.certainty !== 'note') expect(code).toBe(1)
  } finally {
    vi.useRealTimers()
    await each.undo?.(world)
  }
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import doctor from '../../cli/commands/doctor.ts'
import { cases, firstCases } from '../cli/doctor/cases.ts'
import { expectNamed, worldOfShell } from '../cli/doctor/expect-named.ts'
import { healthy } from '../cli/doctor/healthy.ts'
import { ran } from '../cli/doctor/run.ts'
import type { World } from '../cli/doctor/set-up.ts'

let world: World
beforeAll(async () => {
  world = await worldOfShell()
}, 60_000)
afterAll(() => world?.[Symbol.asyncDispose]())

describe('doctor names each cause', () => {
  it.each(cases.filter((each) => !firstCases.includes(each)))('$cause: $how', (each) => expectNamed(world, each))
})

describe('doctor finds nothing that stops rotations', () => {
  it.each(Object.entries(healthy))('%s', async (_title, make) => {
    const { name } = await make(world)
    const { json, code } = await ran(doctor, [name, '--json'])
    expect(json.filter(({ certainty }) => certainty === 'sure' || certainty === 'likely')).toEqual([])
    expect(code).toBe(0)
  })
})

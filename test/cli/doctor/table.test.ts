import { readFileSync } from 'node:fs'
import { parse } from 'node:path'
import { expect, it } from 'vitest'
import { causes } from '../../../cli/doctor/causes.ts'
import { isKeyturn } from '../../../cli/doctor/whose.ts'
import { discoverFunctions } from '../../../local/functions.ts'
import { repositoryPath } from '../../support/function-under-test.ts'
import { cases } from './cases.ts'
import { healthy } from './healthy.ts'

const rows = [
  ...readFileSync(repositoryPath('docs/doctor.md'), 'utf8').matchAll(/^\| (\d+) \| (.+?) \| .+? \| (.+?) \|$/gm),
]
const table = rows.map(([, number, title, state]) => ({ number: Number(number), title, state }))
const tested = (number: number) => cases.some(({ cause }) => cause === number)

it('docs/doctor.md has each cause once, with its title, and says whether it is tested', () => {
  const written = causes
    .toSorted((a, b) => a.number - b.number)
    .map(({ number, title }) => ({ number, title, state: `diagnosed (${tested(number) ? 'tested' : 'not tested'})` }))
  expect(table).toEqual(written)
})

it('30 of the 32 documented causes are diagnosed, 26 of them tested, and 20 healthy set-ups give no alarm', () => {
  const documented = table.filter(({ number }) => number <= 32)
  expect(documented.filter(({ state }) => state?.startsWith('diagnosed')).length).toBeGreaterThanOrEqual(30)
  expect(documented.filter(({ state }) => state === 'diagnosed (tested)').length).toBeGreaterThanOrEqual(26)
  expect(Object.keys(healthy).length).toBeGreaterThanOrEqual(20)
})

it('doctor knows every function of Keyturn by its handler, and no other function', async () => {
  const handlers = Object.values(await discoverFunctions()).map((module) => `${parse(module).name}.handler`)
  expect(handlers.filter((handler) => !isKeyturn({ handler, runtime: 'nodejs24.x' }))).toEqual([])
  expect(isKeyturn({ handler: 'index.handler', runtime: 'nodejs24.x' })).toBe(false)
  expect(isKeyturn({ handler: 'lambda_function.lambda_handler', runtime: 'python3.13' })).toBe(false)
})

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const shared = resolve('shared/database')
const functions = resolve('functions')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyturn-types-'))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What the type checker says of a strategy with an engine; empty where it agrees. */
async function complaints(strategy: string, target: string): Promise<string> {
  const file = join(folder, `${strategy}-${target}.ts`)
  const words = strategy.replaceAll(/-(.)/g, (_, first: string) => first.toUpperCase())
  const code = [
    `import { ${words} } from '${shared}/${strategy}.ts'`,
    `import { ${target} } from '${functions}/${target}/engine.ts'`,
    `export const type = ${words}(${target}({})${strategy === 'single-user' ? '' : ', {} as never'})`,
  ]
  await writeFile(file, code.join('\n'))
  const config = join(folder, `${strategy}-${target}.json`)
  const compilerOptions = { noEmit: true, typeRoots: [resolve('node_modules/@types')] }
  await writeFile(
    config,
    JSON.stringify({ extends: resolve('tsconfig.json'), files: [file], include: [], compilerOptions }),
  )
  const tsc = resolve('node_modules/.bin/tsc')
  return promisify(execFile)(tsc, ['--project', config]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  )
}

describe('the type checker knows which engine can carry out which strategy', () => {
  it('dual-password takes the engines that can hold two passwords', async () => {
    expect(await complaints('dual-password', 'mysql')).toBe('')
    expect(await complaints('dual-password', 'mariadb')).toBe('')
  })

  it('dual-password does not take PostgreSQL, and the type error says what is missing', async () => {
    expect(await complaints('dual-password', 'postgres')).toContain("'addPassword' is missing")
  })

  it('the other two strategies take all engines', async () => {
    for (const strategy of ['single-user', 'alternating-users'])
      for (const target of ['postgres', 'mysql', 'mariadb']) expect(await complaints(strategy, target)).toBe('')
  })
})

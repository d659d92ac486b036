import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { types } from '../../simulation/targets/types.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Line {
  readonly type: string
  readonly histories: number
  readonly broken: readonly unknown[]
}

describe('two runs of each step, with every fault and every preemption', () => {
  // In a process of its own: vitest looks at every promise, and this makes millions of them.
  it('keep every promise, as docs/crash-matrix.md says (npm run simulate -- --matrix docs/crash-matrix.md)', async () => {
    const file = join(await temporaryFolder(), 'matrix.md')
    const run = promisify(execFile)(process.execPath, ['simulation/main.ts', '--json', '--matrix', file], { cwd: root })
    const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error)
    expect(stderr).toBe('')
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
    expect(lines.map(({ type, broken }) => [type, broken])).toEqual(types.map(({ name }) => [name, []]))
    expect(Math.min(...lines.map(({ histories }) => histories))).toBeGreaterThan(500)
    expect(readFileSync(join(root, 'docs/crash-matrix.md'), 'utf8')).toBe(readFileSync(file, 'utf8'))
  }, 400_000)
})

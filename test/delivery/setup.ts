import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { repositoryPath } from '../support/function-under-test.ts'
import { docsBlock } from './docs-block.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the release that all tests of a run share. They read it only. */
    readonly release: string
  }
}

/** Vitest's global setup: makes a release once, by the command of docs/releases.md. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-delivery-'))
  const release = join(folder, 'release')
  const command = `${docsBlock('release').trim()} -- --out ${release}`
  await promisify(execFile)('bash', ['-euc', command], { cwd: repositoryPath('') })
  project.provide('release', release)
  return () => rm(folder, { recursive: true, force: true })
}

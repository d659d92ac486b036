import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import packageJson from '../../package.json' with { type: 'json' }
import { repositoryPath } from '../support/function-under-test.ts'

const text = readFileSync(repositoryPath('.github/workflows/release.yml'), 'utf8')

interface Job {
  readonly needs?: string
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[]
}

it('the workflow says that it has never run, and the commands that it runs exist', () => {
  expect(text.split('\n')[0]).toContain('This workflow has never run')
  const { jobs }: { jobs: Record<string, Job> } = parse(text)
  const runs = (name: string) => (jobs[name]?.steps ?? []).flatMap(({ run = [] }) => run)
  expect(jobs.release?.needs).toBe('gate')
  expect(runs('gate').at(-1)).toBe('.ci/run')
  expect(existsSync(repositoryPath('.ci/run'))).toBe(true)
  const scripts = runs('release').flatMap((run) => /^npm run (\S+)$/.exec(run)?.[1] ?? [])
  expect(scripts).toEqual(['release'])
  for (const script of scripts) expect(packageJson.scripts).toHaveProperty(script)
})

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readTemplate } from '../../template/parsed.ts'
import { targets } from '../../template/targets.ts'
import { root } from './secrets.ts'

/** The questions of sam deploy --guided, in a pseudo-terminal, to somebody who takes each default. Nothing is deployed. */
async function questionsOf(template: string): Promise<string[]> {
  // All questions come before the first call of AWS.
  const env = {
    ...process.env,
    SAM_CLI_TELEMETRY: '0',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }
  const command = ['sam', 'deploy', '--guided', '--template', template]
  const guide = ['test/containers/guide.py', 'Save arguments', ...command]
  const { stdout } = await promisify(execFile)('python3', guide, { cwd: root, env })
  return JSON.parse(stdout)
}

describe('sam deploy --guided', () => {
  it.each(Object.keys(targets))('asks for eight parameters of templates/%s.yaml at most', async (target) => {
    const path = `templates/${target}.yaml`
    const asked = (await questionsOf(path)).filter((question) => question.startsWith('Parameter '))
    expect(asked).toEqual(Object.keys(readTemplate(path).Parameters).map((name) => `Parameter ${name}`))
    expect(asked.length).toBeLessThanOrEqual(8)
  })
})

import { describe, expect, it } from 'vitest'
import { commands } from '../../cli/commands.ts'
import { keyturn } from './keyturn.ts'

const nobody = { endpoint: 'http://127.0.0.1:9' }

describe('keyturn', () => {
  it('shows all commands and an example without any', async () => {
    const [bare, help] = await Promise.all([keyturn([], nobody), keyturn(['--help'], nobody)])
    expect(bare).toMatchObject({ code: 0, stderr: '', stdout: help.stdout })
    for (const name of Object.keys(commands)) expect(help.stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'))
    expect(help.stdout).toContain('Example:\n  keyturn ')
  })

  it.each(Object.keys(commands))('help %s has its options, its exit codes and an example', async (name) => {
    const [help, option] = await Promise.all([keyturn(['help', name], nobody), keyturn([name, '--help'], nobody)])
    expect(help).toMatchObject({ code: 0, stderr: '', stdout: option.stdout })
    for (const part of [`  keyturn ${name} `, '--json', 'Exit code: 0', 'Example:\n  keyturn ']) {
      expect(help.stdout).toContain(part)
    }
  })

  it.each([
    [['explain'], 'There is no command "explain". There is: status'],
    [['status', '--al'], 'Unknown option \'--al\'.\n"keyturn status --help" says what can be given.'],
    [['doctor', 'name', '--yes'], '--yes goes with --fix.'],
    [['constructor'], 'There is no command "constructor".'],
  ])('%j is a usage error', async (args, said) => {
    const { code, stdout, stderr } = await keyturn(args, nobody)
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(said) })
  })

  it.each([
    [
      {},
      'Nothing answers secretsmanager:ListSecrets at http://127.0.0.1:9 (ECONNREFUSED). AWS_ENDPOINT_URL says so: is there a Secrets Manager of this machine?',
    ],
    [{ AWS_REGION: '' }, 'No Region is set. Give --region, or set AWS_REGION.'],
    [{ AWS_ACCESS_KEY_ID: '', AWS_EC2_METADATA_DISABLED: 'true' }, 'No AWS credentials were found'],
    [{ AWS_PROFILE: 'nobody' }, 'No AWS credentials were found'],
  ])('ends with 3 and a sentence where AWS cannot be asked: %j', async (env, said) => {
    const { code, stdout, stderr } = await keyturn(['status'], { ...nobody, env })
    expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: '', stderr: expect.stringContaining(said) })
    expect(stderr).not.toContain('    at ')
  })
})

import { spawn } from 'node:child_process'
import { folderOfAws } from '../../bench/aws/functions.ts'
import { awsHelp, awsOptions } from '../../bench/aws/options.ts'
import { commandLine } from '../../local/commands/command-line.ts'

const help = `Rotates secrets with functions of Keyturn and AWS's own in turn, on real servers, with logins after each step.

${awsHelp}
  FILE...            only the test files whose paths contain this
`

const cli = commandLine('npm run test:interop', help)
const { values, positionals } = cli.parse({
  options: { ...awsOptions, help: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const { aws: checkout, python } = values
if (checkout === '') {
  const give = 'npm run test:interop -- --aws FOLDER --python PYTHON'
  // Not 0: what was not run has not passed.
  cli.fail(`NOT TESTED: AWS's own functions are not in this repository. Name a checkout of theirs: ${give}`)
}
await folderOfAws('PostgresSingleUser', checkout).catch((error: Error) => cli.fail(error.message))

const env = { ...process.env, KEYTURN_AWS_FUNCTIONS: checkout, KEYTURN_AWS_PYTHON: python }
const args = ['vitest', 'run', '--config', 'vitest.interop.config.ts', ...positionals]
const child = spawn('npx', args, { env, stdio: 'inherit' })
child.once('close', (code) => {
  process.exitCode = code ?? 1
})

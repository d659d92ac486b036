import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { discoverFunctions } from '../../local/functions.ts'
import { type LocalSecretsManager, startLocalSecretsManager } from '../../local/secrets-manager/start.ts'
import { clientFor } from '../local/support.ts'
import { repositoryPath } from '../support/function-under-test.ts'
import { allows, statementsOf } from '../template/policies.ts'
import { keyturn } from './keyturn.ts'

const policy = (name: string) =>
  statementsOf(JSON.parse(readFileSync(repositoryPath(`examples/operators/${name}.json`), 'utf8')))
const [read, probe, rotate] = [policy('read'), policy('probe'), policy('rotate')]
const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:keyturn-GeneratedValue'
const other = 'arn:aws:lambda:us-east-1:000000000000:function:payments'
const rotatedBy = (arn: string) => ({ 'secretsmanager:resource/AllowRotationLambdaArn': arn })

let local: LocalSecretsManager
let secretArn = ''
beforeAll(async () => {
  const { GeneratedValue = '' } = await discoverFunctions()
  local = await startLocalSecretsManager({ functions: { 'keyturn-GeneratedValue': GeneratedValue } })
  const client = clientFor(local)
  const { ARN = '' } = await client.createSecret({ Name: 'app', SecretString: 'hunter2-hunter2' })
  secretArn = ARN
  await client.rotateSecret({ SecretId: ARN, RotationLambdaARN: functionArn })
  await local.settled()
})
afterAll(() => local.close())

/** The action and resource that IAM would be asked about for a call of the command. */
function request(operation: string) {
  if (operation === 'ListSecrets') return { action: 'secretsmanager:ListSecrets', resource: '*' }
  if (operation === 'FilterLogEvents')
    return {
      action: 'logs:FilterLogEvents',
      resource: 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/keyturn-GeneratedValue:*',
    }
  if (operation === 'Invoke') return { action: 'lambda:InvokeFunction', resource: functionArn }
  if (operation === 'GetFunctionConfiguration') return { action: `lambda:${operation}`, resource: functionArn }
  return { action: `secretsmanager:${operation}`, resource: secretArn, context: rotatedBy(functionArn) }
}

/** The requests of a command. */
async function requests(...args: readonly string[]) {
  const caller = args.join('-')
  const { code } = await keyturn(args, { endpoint: local.endpoint, caller })
  // Only people can say whether a generated value is dead.
  expect(code).toBe(args[0] === 'revoke' ? 1 : 0)
  const made = [...new Set(local.calls.by(caller).map(({ operation }) => operation))].sort()
  return made.map(request)
}

describe('the policies for operators', () => {
  it('read.json allows what status asks for, and nothing that changes anything or shows a value', async () => {
    const made = [...(await requests('status')), ...(await requests('status', 'app'))]
    expect(made.length).toBeGreaterThan(2)
    expect(made.filter((each) => !allows(read, each))).toEqual([])
    const more = [
      'GetSecretValue',
      'BatchGetSecretValue',
      'RotateSecret',
      'CancelRotateSecret',
      'UpdateSecretVersionStage',
    ]
    const changing = [...more.map((name) => request(name)), request('Invoke')]
    expect(changing.filter((each) => allows(read, each))).toEqual([])
  })

  it('rotate.json, with read.json, allows what rotate asks for, on secrets of these functions alone', async () => {
    const made = await requests('rotate', 'app')
    expect(made.filter((each) => !allows([...read, ...rotate], each))).toEqual([])
    const stranger = { ...request('RotateSecret'), context: rotatedBy(other) }
    expect(allows([...read, ...rotate], stranger)).toBe(false)
    expect(allows(rotate, request('GetSecretValue'))).toBe(false)
  })

  it('rotate.json, with read.json, allows what revoke asks for', async () => {
    const made = await requests('revoke', 'app', '--yes')
    expect(made).toContainEqual(request('Invoke'))
    expect(made.filter((each) => !allows([...read, ...rotate], each))).toEqual([])
  })

  it('probe.json allows to invoke these functions, and no other one', () => {
    expect(allows(probe, request('Invoke'))).toBe(true)
    expect(allows(probe, { action: 'lambda:InvokeFunction', resource: other })).toBe(false)
    expect(allows([...probe, ...read], request('RotateSecret'))).toBe(false)
  })
})

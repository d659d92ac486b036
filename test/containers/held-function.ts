import { setTimeout as sleep } from 'node:timers/promises'
import { awsQuery } from './aws-calls.ts'

/**
 * Makes a function in LocalStack that writes each event to its log and fails. LocalStack gives up the rotation then and
 * leaves the empty pending version as it is: from there on a test does what Secrets Manager does.
 * @returns its ARN
 */
export async function makeHeldFunction(endpoint: string): Promise<string> {
  const code =
    "exports.handler = async (event) => { console.log('EVENT', JSON.stringify(event)); throw new Error('held') }"
  const properties = {
    FunctionName: 'Held',
    Runtime: 'nodejs24.x',
    Architectures: [process.arch === 'arm64' ? 'arm64' : 'x86_64'],
    Handler: 'index.handler',
    Role: 'arn:aws:iam::000000000000:role/held',
    Code: { ZipFile: code },
  }
  const template = { Resources: { Held: { Type: 'AWS::Lambda::Function', Properties: properties } } }
  const StackName = 'held'
  await awsQuery(endpoint, 'cloudformation', {
    Action: 'CreateStack',
    StackName,
    TemplateBody: JSON.stringify(template),
  })
  for (;;) {
    const state = await awsQuery(endpoint, 'cloudformation', { Action: 'DescribeStacks', StackName })
    if (state.includes('CREATE_COMPLETE')) return 'arn:aws:lambda:us-east-1:000000000000:function:Held'
    if (!state.includes('CREATE_IN_PROGRESS')) throw new Error(`LocalStack does not make the held function: ${state}`)
    await sleep(100)
  }
}

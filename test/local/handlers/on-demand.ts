import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { handler as fourSteps } from './four-steps.ts'

const client = new SecretsManagerClient()
let invocations = 0

/** Does as the secret's description says: `fail setSecret`, `late finishSecret`, `exit createSecret`, … */
export const handler = async (
  event: Parameters<typeof fourSteps>[0],
  context: Record<string, unknown>,
): Promise<void> => {
  invocations++
  const { Description = '' } = await client.send(new DescribeSecretCommand({ SecretId: event.SecretId }))
  const [what, step] = Description.split(' ')
  if (step === event.Step) {
    if (what === 'skip') return
    if (what === 'fail') throw Object.assign(new Error('told to fail'), { name: 'ToldToFail' })
    if (what === 'exit') process.exit(7)
    if (what === 'dawdle') await new Promise((resolve) => setTimeout(resolve, 1_800))
    if (what === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000))
    if (what === 'report') console.error(JSON.stringify(await report(event, context)))
  }
  await fourSteps(event)
  if (step === event.Step && what === 'late') throw new Error('told to fail after the work was done')
}

/** Facts about the inside of the function that tests look at. */
async function report(event: object, { getRemainingTimeInMillis, ...context }: Record<string, unknown>) {
  const remaining = typeof getRemainingTimeInMillis === 'function' ? getRemainingTimeInMillis() : undefined
  await new Promise((resolve) => setTimeout(resolve, 50))
  const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] }
  const stripsTypes = moduleLoadList.some((name) => name.includes('amaro'))
  return { event: Object.keys(event), context, remaining, invocations, stripsTypes, pid: process.pid, env: process.env }
}

import { GetFunctionConfigurationCommand, LambdaClient, ListTagsCommand } from '@aws-sdk/client-lambda'
import { ask, askUnless } from '../aws/ask.ts'
import { type Connection, clientSettings } from '../aws/connection.ts'
import type { Described } from './recognise.ts'

/** @returns undefined where there is no such function. @throws CannotAsk */
export async function describedFunction(
  connection: Connection,
  FunctionName: string,
): Promise<(Described & { readonly handler: string }) | undefined> {
  const client = new LambdaClient(clientSettings(connection))
  const call = client.send(new GetFunctionConfigurationCommand({ FunctionName }))
  const found = await askUnless(['ResourceNotFoundException'], 'lambda:GetFunctionConfiguration', call)
  if (found === undefined) return undefined
  const arn = found.FunctionArn ?? FunctionName
  // An operator may lack the right to read tags: then the name and the description say what the function is.
  const tags = await ask('lambda:ListTags', client.send(new ListTagsCommand({ Resource: arn }))).catch(() => undefined)
  return {
    arn,
    name: found.FunctionName ?? FunctionName,
    description: found.Description ?? '',
    runtime: found.Runtime ?? '',
    handler: found.Handler ?? '',
    tags: tags?.Tags ?? {},
  }
}

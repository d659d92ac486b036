import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { jsonObject } from '../json.ts'
import { plain } from '../terminal.ts'
import { ask, askUnless } from './ask.ts'
import { type Connection, clientSettings } from './connection.ts'

/** One thing that a function has found out: about a version, or about something else that a rotation needs. */
export interface ProbeFinding {
  readonly about: string
  readonly version?: string
  readonly labels?: readonly string[]
  readonly verdict: 'works' | 'fails' | 'untried'
  readonly says: string
  /** Set where the version was not tried, because a refused login could lock the account. */
  readonly mayLock?: boolean
  readonly code?: string
  readonly likely?: string
  readonly remedy?: string
  readonly retryable?: boolean
}

/** A function's answer to a probe: findings, or the problem that kept it from looking. */
export interface Probed {
  readonly rotationEnabled: boolean | undefined
  readonly findings: readonly ProbeFinding[]
  /** Whether the old value goes on working after a rotation; undefined where the function has not looked. */
  readonly overlap?: boolean
  /** What goes on working after the value is dead, and where to end it. */
  readonly outlives?: string
  readonly problem: Pick<ProbeFinding, 'says' | 'code' | 'likely' | 'remedy'> | undefined
}

/** What a probe looks at besides the three labels. */
export interface ProbeWish {
  /** At most ten versions without a label. */
  readonly versionIds?: readonly string[]
  /** The version that is to be tried first. */
  readonly first?: string
  /** How long the function may take; the longest that Lambda lets any, unless given. */
  readonly timeoutSeconds?: number
}

export interface Functions {
  /** The log group of a function; where the operator may not ask for it, the default one. */
  logGroup(functionArn: string): Promise<string>
  /** Has the function look at a secret from its own network and role. Throws CannotAsk. */
  probe(functionArn: string, secretArn: string, wish?: ProbeWish): Promise<Probed>
}

/** The functions that rotate secrets. */
export function functionsOf(connection: Connection): Functions {
  const settings = clientSettings(connection)
  const client = new LambdaClient(settings)
  return {
    async logGroup(FunctionName) {
      const call = client.send(new GetFunctionConfigurationCommand({ FunctionName }))
      const refusals = ['AccessDeniedException', 'ResourceNotFoundException']
      const found = await askUnless(refusals, 'lambda:GetFunctionConfiguration', call)
      return found?.LoggingConfig?.LogGroup ?? `/aws/lambda/${nameOf(FunctionName)}`
    },
    async probe(FunctionName, secretArn, { versionIds = [], first, timeoutSeconds = 900 } = {}) {
      // The SDK must not ask the function a second time while it is still looking.
      const patience = { ...settings.requestHandler, requestTimeout: timeoutSeconds * 1_000 + 10_000 }
      const client = new LambdaClient({ ...settings, maxAttempts: 1, requestHandler: patience })
      const event = { KeyturnProbe: 1, SecretId: secretArn, VersionIds: versionIds, First: first }
      const call = client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }))
      const { FunctionError, Payload } = await ask('lambda:InvokeFunction', call)
      // A function's answer contains words of a server, and labels that anybody may have made.
      const answer = jsonObject(Payload ? Buffer.from(Payload).toString() : '', (value) =>
        typeof value === 'string' ? plain(value) : value,
      )
      if (FunctionError === undefined && Array.isArray(answer?.findings)) return answer as unknown as Probed
      return { rotationEnabled: undefined, findings: [], problem: whyNot(answer, FunctionError) }
    },
  }
}

function whyNot(answer: Readonly<Record<string, unknown>> | undefined, failed: string | undefined): Probed['problem'] {
  const said = String(answer?.errorMessage ?? '')
  if (failed === undefined || /"Step"/.test(said))
    return { says: 'The function does not know the probe: it is none of Keyturn, or an older one.' }
  return { code: String(answer?.errorType ?? failed), says: said || 'The function failed without a word.' }
}

function nameOf(functionArn: string): string {
  return functionArn.split(':')[6] ?? functionArn
}

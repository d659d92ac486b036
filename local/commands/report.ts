import { styleText } from 'node:util'
import type { StepEnded, StepStarted } from '../secrets-manager/functions/invocation.ts'
import type { DeliveredEvent } from '../secrets-manager/service/events.ts'
import type { LocalSecretsManager } from '../secrets-manager/start.ts'
import { doneIn } from './done.ts'
import type { Held } from './hold.ts'

/** What the command says, for people or for programs. Each method gives the text to print, or nothing. */
export interface Report {
  ready(local: LocalSecretsManager): string
  step(step: StepStarted | StepEnded): string | undefined
  event(event: DeliveredEvent): string | undefined
  held(held: Held, endpoint: string): string
}

type Style = 'green' | 'red' | 'bold' | 'dim'

/** Colours only on a terminal, and not with NO_COLOR. */
const paint = (style: Style, text: string) => styleText(style, text, { stream: process.stdout })

const clockTime = (ms: number) => new Date(ms).toISOString().slice(11, 19)

export const forPeople: Report = {
  ready({ endpoint, functions }) {
    const ids = Object.keys(functions)
    const width = Math.max(0, ...ids.map((id) => id.length))
    const lines = ids.map((id) => `  ${id.padEnd(width)}  ${functions[id]}`)
    const who = 'AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local'
    return [
      `${paint('bold', 'Secrets Manager')} listens at ${paint('bold', endpoint)}. What it holds is gone when it ends.`,
      '',
      ids.length === 0 ? 'No rotation functions were found.' : 'Rotation functions:',
      ...lines,
      '',
      'For the AWS CLI and SDKs in another terminal:',
      `  export AWS_ENDPOINT_URL=${endpoint} ${who} AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=`,
      'Where other services of AWS are used, too: AWS_ENDPOINT_URL_SECRETS_MANAGER instead of AWS_ENDPOINT_URL.',
      'Not here: replication, other accounts, policies that are enforced, KMS (docs/laptop.md).',
      '',
    ].join('\n')
  },
  step(step) {
    if (step.phase === 'started') return undefined
    const mark = step.outcome === 'succeeded' ? paint('green', 'ok    ') : paint('red', 'failed')
    const duration = `${Math.round(step.durationMs)} ms`.padStart(8)
    const again = step.attempt > 1 ? ` (attempt ${step.attempt})` : ''
    const why = step.error ? `\n          ${step.error.errorType}: ${step.error.errorMessage}` : ''
    const done = doneIn(step.logs)
    const did = done === '' ? '' : `\n          ${paint('dim', done)}`
    return `${clockTime(step.at)}  ${step.step.padEnd(12)}  ${mark}  ${duration}  ${step.secretName}${again}${did}${why}`
  },
  event({ time, detail, 'detail-type': type }) {
    if (type !== 'AWS Service Event via CloudTrail' || !/Rotation/.test(String(detail.eventName))) return undefined
    const secret = (detail.additionalEventData as { SecretId: string }).SecretId.replace(/^.*:secret:/, '')
    return paint('dim', `${time.slice(11, 19)}  ${detail.eventName}  ${secret}`)
  },
  held({ secret, files }, endpoint) {
    const commands = files.map((file) => `  npm run invoke -- ${functionOf(secret)} ${file} --endpoint ${endpoint}`)
    const next = 'Its events were written to files. Invoke them in this order:'
    return [`The rotation of ${paint('bold', secret.name)} is held. ${next}`, ...commands].join('\n')
  },
}

export const forPrograms: Report = {
  ready: ({ endpoint, functions }) => JSON.stringify({ endpoint, functions }),
  // Log lines go to stderr, in this mode too.
  step: (step) => JSON.stringify({ event: 'step', ...step, logs: undefined }),
  event: ({ time, detail, 'detail-type': type }) => JSON.stringify({ event: detail.eventName ?? type, time, detail }),
  held: ({ secret, files }) =>
    JSON.stringify({
      event: 'held',
      secretName: secret.name,
      secretArn: secret.arn,
      functionId: functionOf(secret),
      files,
    }),
}

const functionOf = ({ configuration }: Held['secret']) => configuration?.functionArn.replace(/^.*:function:/, '')

import type { SecretFacts } from '../../shared/secret-state.ts'
import type { StepLine } from '../aws/logs.ts'
import { type ExitCode, exitCodes } from '../command.ts'
import { plain, type Terminal } from '../terminal.ts'
import { second, span } from '../times.ts'
import type { Ending } from './watch.ts'

/** Reports the course of a rotation, to people or to programs. */
export interface Talk {
  note(text: string): void
  refused(text: string): ExitCode
  started(secret: SecretFacts, version: string, kind: string, again: boolean): void
  labels(labels: readonly string[]): void
  step(line: StepLine): void
  wait(waitedMs: number): void
  ended(ending: Ending, secret: SecretFacts, version: string, tookMs: number): void
}

export function forPeople({ print, note, progress, paint }: Terminal, name: string): Talk {
  const time = (ms: number) => new Date(ms).toISOString().slice(11, 19)
  return {
    note,
    refused(text) {
      note(text)
      return exitCodes.attention
    },
    started(_secret, version, kind, again) {
      const what = again
        ? 'An earlier rotation is taken up again'
        : kind === 'test'
          ? 'A test has begun'
          : 'A rotation has begun'
      print(`${what}: version ${version} of ${name}.`)
    },
    labels: (labels) => print(paint('dim', `${time(Date.now())}  labels: ${plain(labels.join(', ')) || 'none'}`)),
    step({ at, step, ok, durationMs = 0, done, code = '', error = '' }) {
      const mark = ok ? paint('green', 'ok    ') : paint('red', 'failed')
      print(`${time(at)}  ${step.padEnd(12)}  ${mark}  ${`${durationMs} ms`.padStart(8)}  ${ok ? '' : code}`.trimEnd())
      if (done.length > 0) print(paint('dim', `          ${done.join(', ')}`))
      if (!ok) print(`          ${error}`)
    },
    wait: (waitedMs) => progress(`waiting for ${span(waitedMs)}; Ctrl-C stops watching ...`),
    ended(ending, secret, version, tookMs) {
      const isGood = ending.outcome === 'rotated' || ending.outcome === 'tested'
      print(paint(isGood ? 'green' : 'red', sentence(ending, secret, version, tookMs)))
    },
  }
}

function sentence(ending: Ending, { name, functionArn }: SecretFacts, version: string, tookMs: number): string {
  const later = `"keyturn status ${name}" says how it stands.`
  switch (ending.outcome) {
    case 'rotated':
      return `Rotated after ${(tookMs / second).toFixed(1)} s: version ${version} is AWSCURRENT.`
    case 'tested':
      return 'Tested: the value in use works, and nothing was changed.'
    case 'failed': {
      const again = ending.final
        ? 'Trying again does not help before that is mended.'
        : `Secrets Manager may try again. ${later}`
      return `${ending.line.step} failed: ${ending.line.code ?? 'no code'}. ${again}`
    }
    case 'abandoned':
      return `Abandoned: version ${version} is neither AWSPENDING nor AWSCURRENT. Somebody has stored a value by hand, or has taken the label away.`
    case 'unknown':
      return `The test is over, and no line of the log says how it ended. Look into the log of ${functionArn}.`
    case 'running':
      return `It is not over yet. ${later}`
    case 'stopped':
      return `Stopped watching. The rotation of ${name} goes on. ${later}`
  }
}

export function forPrograms({ print }: Terminal): Talk {
  const say = (event: string, fields: object) => print(JSON.stringify({ event, ...fields }))
  return {
    note: (text) => say('note', { text }),
    refused(text) {
      say('refused', { text })
      return exitCodes.attention
    },
    started: ({ name, arn }, version, kind, again) => say('started', { secret: name, arn, version, kind, again }),
    labels: (labels) => say('labels', { labels }),
    step: ({ id: _id, at, ...line }) => say('step', { at: new Date(at).toISOString(), ...line }),
    wait: () => {},
    ended(ending, { name }, version, tookMs) {
      const code =
        ending.outcome === 'failed' ? { step: ending.line.step, code: ending.line.code, final: ending.final } : {}
      say('ended', { outcome: ending.outcome, secret: name, version, tookMs, ...code })
    },
  }
}

import { RotationError } from '../errors/rotation-error.ts'
import { ours, say, type Words } from '../errors/words.ts'
import { at } from '../http/pointer.ts'
import { textOrDigits } from '../json-secret.ts'
import type { Answer } from './call.ts'
import type { Run } from './run.ts'
import { type DescribedSecret, secretValues, withFields } from './secret.ts'

/** @throws RotationError AnswerUnusable. What is found is concealed before that. */
export function fieldsIn(
  { body }: Answer,
  outputs: Readonly<Record<string, string>>,
  { context, kind, provider }: Run,
  what: Words,
): Readonly<Record<string, string>> {
  const found = Object.entries(outputs).map(
    ([field, pointer]) => [field, textOrDigits(at(body, pointer)), pointer] as const,
  )
  const fields = Object.fromEntries(found.map(([field, text]) => [field, text ?? '']))
  context.conceal(...secretValues(fields, kind))
  for (const [field, text, pointer] of found) {
    const isSecret = field === kind.value || field === kind.second
    const wrong =
      text === undefined || (isSecret && typeof at(body, pointer) !== 'string')
        ? say`its answer has no text at "${pointer}"`
        : isSecret && !looksSecret(text)
          ? say`the text at "${pointer}" of its answer is none: it has fewer than ${leastLength} characters, or begins or ends with a blank`
          : undefined
    if (wrong === undefined) continue
    const { title, create, read } = provider.description
    const after =
      create === undefined && read === undefined ? say`` : say` What was made is found again by the next rotation.`
    throw unusable(say`${title} has ${what}, but ${wrong}.`, say`The provider has changed its answers.${after}`)
  }
  return fields
}

/** The secret with the credential of an answer. @throws RotationError AnswerUnusable */
export function minted(
  answer: Answer,
  outputs: Readonly<Record<string, string>>,
  current: DescribedSecret,
  run: Run,
): DescribedSecret {
  const { context, provider, kind } = run
  const fields = fieldsIn(answer, outputs, run, say`made a ${kind.noun}`)
  const { title } = provider.description
  const [value, second] = [fields[kind.value], fields[kind.second ?? '']]
  if (value === current.value && second === current.second) {
    throw unusable(
      say`${title} has answered with the ${kind.noun} that is in use, not with a new one.`,
      say`"outputs" of the description leads to another ${kind.noun} than the new one; or the provider makes none when it is asked so.`,
    )
  }
  if (second === undefined && current.second !== undefined) {
    context.did(say`left "${ours(kind.second ?? '')}" as it was: ${kind.noun}s of ${title} have none`)
  }
  const id = fields[kind.id] ?? ''
  context.did(id === '' ? say`had ${title} make another ${kind.noun}` : say`had ${title} make the ${kind.noun} ${id}`)
  return withFields(current, fields, kind)
}

/** A description that confuses its "outputs" has an id here, and the secret where ids are logged. */
const leastLength = 8

function looksSecret(text: string): boolean {
  return text.length >= leastLength && text.trim() === text
}

/** Another attempt would only have another one made. */
function unusable(what: Words, likely: Words): RotationError {
  return new RotationError('AnswerUnusable', what, {
    likely,
    remedy: say`Compare the answer with "outputs" of the description.`,
    retryable: false,
  })
}

import { RotationError } from '../errors/rotation-error.ts'
import { ours, say, type Words } from '../errors/words.ts'
import { at } from '../http/pointer.ts'
import { type Answer, expectAnswer } from './call.ts'
import { idIn } from './list.ts'
import { newMarker } from './marker.ts'
import { purposes, type Run } from './run.ts'
import { type DescribedSecret, secretValues, withFields } from './secret.ts'
import { generated } from './values.ts'

/**
 * Has the provider make a key, or makes one where the provider takes what it is given.
 * @param makeRoom called where the provider says that there is such a key already
 * @throws RotationError as a request does
 */
export async function newKey(
  current: DescribedSecret,
  run: Run,
  makeRoom: () => Promise<unknown>,
): Promise<DescribedSecret> {
  const { create, read, rotate, generate } = run.provider.description
  const { make } = purposes(run.kind)
  if (generate !== undefined) {
    const fields = generated(generate, newMarker(run.context), run.context)
    run.context.conceal(...secretValues(fields, run.kind))
    return withFields(current, fields, run.kind)
  }
  if (rotate !== undefined) {
    const shown = read === undefined ? undefined : await run.manageWell(read, purposes(run.kind).read)
    const found = shown === undefined ? undefined : unstored(shown, read?.outputs ?? {}, current, run)
    if (found !== undefined) return found
    const answer = await run.manageWell(rotate, make, { repeatable: false, documents: { read: shown?.body } })
    return minted(answer, rotate.outputs, current, run)
  }
  if (create === undefined) throw new Error('a description without a way to a new key')
  const once = () => run.manage(create, make, { marker: newMarker(run.context), repeatable: false })
  let answer = await once()
  if (create.conflict?.includes(answer.status)) {
    await makeRoom()
    answer = await once()
  }
  expectAnswer(answer, create, { purpose: make }, run.provider)
  return minted(answer, create.outputs, current, run)
}

/**
 * What the provider has that is not AWSCURRENT's: an earlier run has had it made and did not come to store it. To make another
 * one would end the one before it, which may be what everybody uses.
 */
function unstored(
  shown: Answer,
  outputs: Readonly<Record<string, string>>,
  current: DescribedSecret,
  run: Run,
): DescribedSecret | undefined {
  const fields = fieldsIn(shown, outputs, run, say`shown its ${run.kind.noun}`)
  if (fields[run.kind.value] === current.value) return undefined
  run.context.did(say`found a ${run.kind.noun} that was made and not stored, and took it`)
  return withFields(current, fields, run.kind)
}

/** @throws RotationError AnswerUnusable. What is found is concealed before that. */
function fieldsIn(
  { body }: Answer,
  outputs: Readonly<Record<string, string>>,
  { context, kind, provider }: Run,
  what: Words,
): Readonly<Record<string, string>> {
  const found = Object.entries(outputs).map(([field, pointer]) => [field, idIn(at(body, pointer)), pointer] as const)
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

function minted(
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
  context.did(say`had ${title} make the ${kind.noun} ${fields[kind.id] ?? ''}`)
  return withFields(current, fields, kind)
}

/** Whoever confuses "outputs" has an id here, and the secret where ids are logged. */
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

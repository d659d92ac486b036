import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import { at } from '../http/pointer.ts'
import { type Answer, expectAnswer } from './call.ts'
import type { Kind } from './kind.ts'
import { idIn } from './list.ts'
import { newMarker } from './marker.ts'
import { purposes, type Run } from './run.ts'
import { type DescribedSecret, withFields } from './secret.ts'
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
  const { create, rotate, generate } = run.provider.description
  const { make } = purposes(run.kind)
  if (generate !== undefined) {
    const fields = generated(generate, newMarker(run.context), run.context)
    run.context.conceal(...secretFields(fields, run.kind))
    return withFields(current, fields, run.kind)
  }
  if (rotate !== undefined) {
    const answer = await run.manageWell(rotate, make, { repeatable: false })
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

/** The value is concealed before anything else is looked at. */
function minted(
  { body }: Answer,
  outputs: Readonly<Record<string, string>>,
  current: DescribedSecret,
  { context, provider, kind }: Run,
): DescribedSecret {
  const found = Object.entries(outputs).map(([field, pointer]) => [field, idIn(at(body, pointer)), pointer] as const)
  const fields = Object.fromEntries(found.map(([field, text]) => [field, text ?? '']))
  context.conceal(...secretFields(fields, kind))
  const { title } = provider.description
  const missing = found.find(([, text]) => text === undefined)
  if (missing !== undefined) {
    throw new RotationError(
      'AnswerUnusable',
      say`${title} has made a ${kind.noun}, but its answer has no text at "${missing[2]}".`,
      {
        likely: say`The provider has changed its answers. The ${kind.noun} that was made is removed by the next rotation.`,
        remedy: say`Compare the answer with "outputs" of the description.`,
      },
    )
  }
  const [value, second] = [fields[kind.value], fields[kind.second ?? '']]
  if (value === current.value && second === current.second) {
    throw new RotationError(
      'AnswerUnusable',
      say`${title} has answered with the ${kind.noun} that is in use, not with a new one.`,
      {
        likely: say`"outputs" of the description leads to another ${kind.noun} than the new one.`,
      },
    )
  }
  if (second === undefined && current.second !== undefined) {
    context.did(say`left "${ours(kind.second ?? '')}" as it was: ${kind.noun}s of ${title} have none`)
  }
  context.did(say`had ${title} make the ${kind.noun} ${fields[kind.id] ?? ''}`)
  return withFields(current, fields, kind)
}

function secretFields(fields: Readonly<Record<string, string>>, { value, second = '' }: Kind): string[] {
  return [fields[value] ?? '', fields[second] ?? '']
}

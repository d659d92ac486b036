import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import { at } from '../../shared/http/pointer.ts'
import { type Answer, expectAnswer } from './call.ts'
import { idIn } from './list.ts'
import { newMarker } from './marker.ts'
import { purposes, type Run } from './run.ts'
import { type ApiKeySecret, withFields } from './secret.ts'
import { generated } from './values.ts'

/**
 * Has the provider make a key, or makes one where the provider takes what it is given.
 * @param makeRoom called where the provider says that there is such a key already
 * @throws RotationError as a request does
 */
export async function newKey(current: ApiKeySecret, run: Run, makeRoom: () => Promise<void>): Promise<ApiKeySecret> {
  const { create, rotate, generate } = run.provider.description
  if (generate !== undefined) {
    const fields = generated(generate, newMarker(run.context), run.context)
    run.context.conceal(fields.api_key ?? '', fields.secret_key ?? '')
    return withFields(current, fields)
  }
  if (rotate !== undefined) {
    const answer = await run.manageWell(rotate, purposes.make, { repeatable: false })
    return minted(answer, rotate.outputs, current, run)
  }
  if (create === undefined) throw new Error('a description without a way to a new key')
  const once = () => run.manage(create, purposes.make, { marker: newMarker(run.context), repeatable: false })
  let answer = await once()
  if (create.conflict?.includes(answer.status)) {
    await makeRoom()
    answer = await once()
  }
  expectAnswer(answer, create, { purpose: purposes.make }, run.provider)
  return minted(answer, create.outputs, current, run)
}

/** The value is concealed before anything else is looked at. */
function minted(
  { body }: Answer,
  outputs: Readonly<Record<string, string>>,
  current: ApiKeySecret,
  { context, provider }: Run,
): ApiKeySecret {
  const found = Object.entries(outputs).map(([field, pointer]) => [field, idIn(at(body, pointer)), pointer] as const)
  context.conceal(...found.flatMap(([field, text]) => (/^(api|secret)_key$/.test(field) ? (text ?? []) : [])))
  const { title } = provider.description
  const missing = found.find(([, text]) => text === undefined)
  if (missing !== undefined) {
    throw new RotationError(
      'AnswerUnusable',
      say`${title} has made a key, but its answer has no text at "${missing[2]}".`,
      {
        likely: say`The provider has changed its answers. The key that was made is removed by the next rotation.`,
        remedy: say`Compare the answer with "outputs" of the description.`,
      },
    )
  }
  const fields = Object.fromEntries(found.map(([field, text]) => [field, text ?? '']))
  if (fields.api_key === current.apiKey && fields.secret_key === current.secretKey) {
    throw new RotationError(
      'AnswerUnusable',
      say`${title} has answered with the key that is in use, not with a new one.`,
      {
        likely: say`"outputs" of the description leads to another key than the new one.`,
      },
    )
  }
  if (fields.secret_key === undefined && current.secretKey !== undefined) {
    context.did(say`left "secret_key" as it was: keys of ${title} have none`)
  }
  context.did(say`had ${title} make the key ${fields.key_id ?? ''}`)
  return withFields(current, fields)
}

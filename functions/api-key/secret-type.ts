import { RotationError } from '../../shared/errors/rotation-error.ts'
import { say } from '../../shared/errors/words.ts'
import type { HttpTesting } from '../../shared/http/client.ts'
import { oldestRun } from '../../shared/rotation/oldest-run.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import { expectAnswer } from './call.ts'
import { listKeys } from './list.ts'
import { newKey } from './mint.ts'
import { begin, purposes, type Run } from './run.ts'
import { type ApiKeySecret, apiKeyForm } from './secret.ts'
import type { ApiKeySettings } from './settings.ts'
import { revoke, sweep } from './sweep.ts'
import { verifyKey } from './verify.ts'

/**
 * Keys of APIs, whose provider is described by data. A key is minted in createSecret, the one step that stores, and lives
 * beside the one before until the next rotation: whoever has cached that is not refused.
 * @param testing for servers on this machine
 */
export function apiKey(settings: ApiKeySettings, testing: HttpTesting = {}): SecretType<ApiKeySecret> {
  // Of this invocation: what has minted a key can take it back.
  let minting: Run | undefined
  const type: SecretType<ApiKeySecret> = {
    ...apiKeyForm,
    overlap: true,
    serialize: ({ text }) => text,
    async create(versions, context) {
      const oldest = oldestRun(context)
      const current = await versions.current()
      const run = await begin(current, settings, testing, context)
      minting = run
      const makeRoom = () => sweep(versions, run, { revokeFirst: settings.revokeFirst, oldest })
      await makeRoom()
      return newKey(current, run, makeRoom)
    },
    async discard({ keyId }) {
      const { description } = minting?.provider ?? {}
      if (description?.generate !== undefined) return
      if (minting === undefined || keyId === undefined || description?.revoke === undefined) {
        throw new RotationError('ProviderRefused', say`The provider has no way to take a new key back.`)
      }
      await revoke(keyId, minting)
    },
    async test({ pending, isRehearsal }, context) {
      const run = await begin(pending, settings, testing, context)
      if (pending.apiKey !== undefined) return verifyKey(pending, run, async () => !(await isRehearsal()))
      await checkManaging(run)
    },
  }
  return asksToApply(settings) ? { ...type, set: applying(settings, testing) } : type
}

/** There is no key yet: what can be proved is that the provider is reached and lets the admin in. */
async function checkManaging(run: Run): Promise<void> {
  const { list } = run.provider.description
  if (list !== undefined) await listKeys(list, run)
  run.context.did(say`found no key to test yet; the first rotation makes one`)
}

/** Where no description has values of our own, setSecret need not even look at the versions. */
function asksToApply({ file }: ApiKeySettings): boolean {
  return (file?.descriptions ?? []).some((each) => typeof each === 'object' && each !== null && 'apply' in each)
}

function applying(settings: ApiKeySettings, testing: HttpTesting): NonNullable<SecretType<ApiKeySecret>['set']> {
  return async ({ pending, current }, context) => {
    // It is the current key that manages its like: nobody knows the pending one yet.
    const run = await begin(await current(), settings, testing, context)
    const { apply } = run.provider.description
    if (apply === undefined) return
    const answer = await run.manage(apply, purposes.apply, { documents: { pending: pending.json } })
    // An earlier run has done it.
    if (apply.applied?.includes(answer.status)) return
    expectAnswer(answer, apply, { purpose: purposes.apply }, run.provider)
    context.did(say`told ${run.provider.description.title} the new key`)
  }
}

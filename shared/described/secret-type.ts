import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import type { HttpTesting } from '../http/client.ts'
import { at } from '../http/pointer.ts'
import { oldestRun } from '../rotation/context.ts'
import type { SecretType } from '../rotation/secret-type.ts'
import { expectAnswer } from './call.ts'
import type { Kind } from './kind.ts'
import { listKeys } from './list.ts'
import { newKey } from './mint.ts'
import { probeDescribed } from './probe.ts'
import { whereThereIsRoom } from './room.ts'
import { begin, purposes, type Run } from './run.ts'
import { type DescribedSecret, describedForm } from './secret.ts'
import type { DescribedSettings } from './settings.ts'
import { revoke, sweep } from './sweep.ts'
import { verifyKey } from './verify.ts'

/**
 * Credentials whose provider is described by data. One is minted in createSecret, the one step that stores, and lives
 * beside the one before until the next rotation: an application that has cached that is not refused.
 * @param testing for servers on this machine
 */
export function describedType(
  kind: Kind,
  settings: DescribedSettings,
  testing: HttpTesting = {},
): SecretType<DescribedSecret> {
  // Of this invocation: what has minted a key can take it back.
  let minting: Run | undefined
  const type: SecretType<DescribedSecret> = {
    ...describedForm(kind),
    overlap: !ends(settings),
    serialize: ({ text }) => text,
    async create(versions, context) {
      const oldest = oldestRun(context)
      const current = await versions.current()
      const run = await begin(current, kind, settings, testing, context)
      minting = run
      const makeRoom = () => sweep({ versions, oldest, revokeFirst: settings.revokeFirst }, run)
      // A value that we choose fills no place yet: setSecret makes room for it.
      if (run.provider.description.apply === undefined) await makeRoom()
      return whereThereIsRoom(() => newKey(current, run, versions, makeRoom), makeRoom, versions, run)
    },
    async discard({ id }) {
      const { description } = minting?.provider ?? {}
      if (description?.generate !== undefined) return
      if (minting === undefined || id === undefined || description?.revoke === undefined) {
        throw new RotationError('ProviderRefused', say`The provider has no way to take a new ${kind.noun} back.`)
      }
      await revoke(id, minting)
    },
    async test({ pending, isRehearsal }, context) {
      const run = await begin(pending, kind, settings, testing, context)
      if (pending.value !== undefined) return verifyKey(pending, run, async () => !(await isRehearsal()))
      await checkManaging(run)
    },
    probe: (versions, context) => probeDescribed(versions, kind, settings, testing, context),
  }
  return asksToApply(settings) ? { ...type, set: applying(kind, settings, testing) } : type
}

/** There is no key yet: what can be proved is that the provider is reached and lets the admin in. */
async function checkManaging(run: Run): Promise<void> {
  const { list } = run.provider.description
  if (list !== undefined) await listKeys(list, run)
  run.context.did(say`found no ${run.kind.noun} to test yet; the first rotation makes one`)
}

/** Whether some provider of the function ends the credential before at once, when there is a new one. */
function ends({ file }: DescribedSettings): boolean {
  return (file?.descriptions ?? []).some((each) =>
    [at(each, '/rotate/graceSeconds'), at(each, '/apply/graceSeconds')].includes(0),
  )
}

/** Where no description has values of our own, setSecret need not even look at the versions. */
function asksToApply({ file }: DescribedSettings): boolean {
  return (file?.descriptions ?? []).some((each) => typeof each === 'object' && each !== null && 'apply' in each)
}

function applying(
  kind: Kind,
  settings: DescribedSettings,
  testing: HttpTesting,
): NonNullable<SecretType<DescribedSecret>['set']> {
  return async ({ pending, ...versions }, context) => {
    const oldest = oldestRun(context)
    // It is the current key that manages its like: nobody knows the pending one yet.
    const run = await begin(await versions.current(), kind, settings, testing, context)
    const { apply } = run.provider.description
    if (apply === undefined) return
    try {
      await sweep({ versions, pending, oldest, revokeFirst: settings.revokeFirst }, run)
      await tell(pending, run)
    } catch (error) {
      // Where the one before dies with it, and manages its like, an earlier run has left nothing that may ask again.
      const isRefused = error instanceof RotationError && error.code === 'ProviderRefused'
      if (!isRefused || apply.graceSeconds !== 0 || !(await isTaken(pending, run))) throw error
    }
  }
}

async function tell(pending: DescribedSecret, run: Run): Promise<void> {
  const { apply, title } = run.provider.description
  if (apply === undefined) return
  const { apply: purpose } = purposes(run.kind)
  const answer = await run.manage(apply, purpose, { documents: { pending: pending.json } })
  // An earlier run has done it.
  if (apply.applied?.includes(answer.status)) return
  expectAnswer(answer, apply, { purpose }, run.provider)
  run.context.did(say`told ${title} the new ${run.kind.noun}`)
}

async function isTaken(pending: DescribedSecret, run: Run): Promise<boolean> {
  const { verify } = run.provider.description
  const { status } = await run.use(verify, purposes(run.kind).verify, pending)
  return verify.alive.includes(status)
}

import { RotationError } from '../errors/rotation-error.ts'
import { say } from '../errors/words.ts'
import type { HttpTesting } from '../http/client.ts'
import { at } from '../http/pointer.ts'
import type { RotationContext } from '../rotation/context.ts'
import type { SecretType } from '../rotation/secret-type.ts'
import type { Description } from './description.ts'
import type { DescribedSettings, Kind } from './kind.ts'
import { listKeys } from './list.ts'
import { newKey } from './mint.ts'
import { probeDescribed } from './probe.ts'
import { begin, type Run } from './run.ts'
import { type DescribedSecret, describedForm } from './secret.ts'
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
  const runOf = (secret: DescribedSecret, context: RotationContext) => begin(secret, kind, settings, testing, context)
  const descriptions = settings.file?.descriptions ?? []
  // Of this invocation: what has minted a key can take it back.
  let minting: Run | undefined
  const type: SecretType<DescribedSecret> = {
    ...describedForm(kind),
    // Whether no provider of the function ends the credential before at once, when there is a new one.
    overlap: !descriptions.some((each) =>
      [at(each, '/rotate/graceSeconds'), at(each, '/apply/graceSeconds')].includes(0),
    ),
    serialize: ({ text }) => text,
    async create(versions, context) {
      const current = await versions.current()
      const run = await runOf(current, context)
      minting = run
      const makeRoom = () => sweep(versions, run)
      // A value that we choose fills no place yet: setSecret makes room for it.
      if (run.provider.description.apply === undefined) await makeRoom()
      return newKey(current, run, versions, makeRoom)
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
      const run = await runOf(pending, context)
      if (pending.value !== undefined) return verifyKey(pending, run, async () => !(await isRehearsal()))
      // What can be proved without a key is that the provider is reached and lets the admin in.
      await listKeys(run)
      context.did(say`found no ${kind.noun} to test yet; the first rotation makes one`)
    },
    probe: (versions, context) => probeDescribed(versions, kind, (secret) => runOf(secret, context)),
  }
  // Where no description has values of our own, setSecret need not even look at the versions.
  if (descriptions.every((each) => at(each, '/apply') === undefined)) return type
  return {
    ...type,
    async set({ pending, ...versions }, context) {
      // It is the current key that manages its like: nobody knows the pending one yet.
      const run = await runOf(await versions.current(), context)
      const { apply } = run.provider.description
      if (apply === undefined) return
      try {
        await sweep(versions, run, pending)
        await tell(apply, pending, run)
      } catch (error) {
        // Where telling the new key ends the one before, which manages its like, an earlier run has left none that may ask again.
        const isRefused = error instanceof RotationError && error.code === 'ProviderRefused'
        if (!isRefused || apply.graceSeconds !== 0 || !(await isTaken(pending, run))) throw error
      }
    },
  }
}

async function tell(apply: NonNullable<Description['apply']>, pending: DescribedSecret, run: Run): Promise<void> {
  const { kind, provider, context } = run
  const about = { documents: { pending: pending.json }, known: apply.applied }
  const { status } = await run.manage(apply, say`take the new ${kind.noun}`, about)
  // Else an earlier run has done it.
  if (apply.applied?.includes(status) !== true)
    context.did(say`told ${provider.description.title} the new ${kind.noun}`)
}

async function isTaken(pending: DescribedSecret, run: Run): Promise<boolean> {
  const { status } = await run.verify(pending)
  return run.provider.description.verify.alive.includes(status)
}

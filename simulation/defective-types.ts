import { logsIn, tryLogin } from '../shared/database/logins.ts'
import { singleUser } from '../shared/database/single-user.ts'
import type { Step } from '../shared/rotation/event.ts'
import type { SecretStore } from '../shared/rotation/secret-store.ts'
import { apiKeyCases, simulatedApiKey } from './targets/api-keys.ts'
import { type DatabaseCase, databaseCases, simulatedDatabase } from './targets/databases.ts'
import { type OauthCase, oauthCases, simulatedOauth } from './targets/oauth.ts'
import type { Provider } from './targets/provider.ts'
import { simulatedSsh, sshCases } from './targets/ssh.ts'
import type { Outside } from './world/outside.ts'
import type { SimulatedType } from './world/simulated-type.ts'
import { valuesInUse, valueWith, type World } from './world/world.ts'

// Types of secrets with a mistake in them; defects.ts lists them.

export function typeNamed(name: string): SimulatedType {
  return simulatedDatabase(caseOf(name))
}

export function database(name: string, change: Partial<DatabaseCase>): SimulatedType {
  return simulatedDatabase({ ...caseOf(name), ...change })
}

function caseOf(name: string): DatabaseCase {
  const found = databaseCases.find((each) => each.name === name)
  if (found === undefined) throw new Error(`There is no ${name}.`)
  return found
}

export const pairOf: DatabaseCase['strategy'] = (engine) => caseOf('postgres-alternating-users').strategy(engine)

export function oauth(
  kind: string,
  about: Partial<OauthCase>,
  ...change: Parameters<typeof simulatedOauth> extends [unknown, ...infer Rest] ? Rest : never
): SimulatedType {
  const found = oauthCases.find(({ name }) => name === `oauth-${kind}`)
  if (found === undefined) throw new Error(`There is no ${kind}.`)
  return simulatedOauth({ ...found, ...about }, ...change)
}

export function onHosts(defects: Parameters<typeof simulatedSsh>[1]): SimulatedType {
  const [each] = sshCases
  if (each === undefined) throw new Error('There is no ssh-key.')
  return simulatedSsh(each, defects)
}

export function keys(...defects: Parameters<typeof simulatedApiKey> extends [unknown, ...infer Rest] ? Rest : never) {
  const [first] = apiKeyCases
  if (first === undefined) throw new Error('There is no api-key.')
  return simulatedApiKey(first, ...defects)
}

export function revokeKey(id: string | undefined, world: World, outside: Outside): Promise<void> {
  return outside.call({
    kind: 'change',
    name: `revokes ${id}`,
    effect: () => void (world.target as Provider).revoke(id ?? '', valuesInUse(world)),
    lost: () => new Error('The provider does not answer.'),
    timedOut: () => new Error('The time ran out.'),
  })
}

export function revokesWhenPromoted(type: SimulatedType): SimulatedType {
  return {
    ...type,
    rotate(event, around, world, outside) {
      const { store } = around
      const promote: SecretStore['promote'] = async (...version) => {
        const before = (world.target as Provider).form.read(valueWith(world, 'AWSCURRENT') ?? '')
        await store.promote(...version)
        await revokeKey(before.id, world, outside)
      }
      return type.rotate(event, { ...around, store: { ...store, promote } }, world, outside)
    },
  }
}

/** Treats every earlier run as if it had ended long ago. */
export function impatient(type: SimulatedType): SimulatedType {
  return {
    ...type,
    rotate: (event, around, world, outside) =>
      type.rotate(event, { ...around, remainingMs: () => -around.now() - 86_400_000 }, world, outside),
  }
}

/** Gives one step another store. */
export function withStore(type: SimulatedType, step: Step, change: (store: SecretStore) => SecretStore): SimulatedType {
  return {
    ...type,
    rotate(event, around, world, outside) {
      const isMeant = (event as { readonly Step: string }).Step === step
      return type.rotate(event, isMeant ? { ...around, store: change(around.store) } : around, world, outside)
    },
  }
}

/** Tries AWSPENDING first, as AWS's functions do, so that one login of each rotation is refused. */
export function pendingFirst(engine: Parameters<DatabaseCase['strategy']>[0]): ReturnType<DatabaseCase['strategy']> {
  const strategy = singleUser(engine)
  return {
    ...strategy,
    async set(versions, context) {
      if (await logsIn(engine, versions.pending.login, 'AWSPENDING', context)) return
      await strategy.set?.(versions, context)
    },
  }
}

export function setsBeforeStoring(
  engine: Parameters<DatabaseCase['strategy']>[0],
): ReturnType<DatabaseCase['strategy']> {
  const strategy = singleUser(engine)
  return {
    ...strategy,
    async create(versions, context) {
      const [current, next] = [await versions.current(), await strategy.create(versions, context)]
      await using session = await tryLogin(engine, current.login, 'AWSCURRENT', context)
      await session?.setPassword(next.login.password)
      return next
    },
  }
}

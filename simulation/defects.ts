import { logsIn, tryLogin } from '../shared/database/login-order.ts'
import { oneLogin } from '../shared/database/one-login.ts'
import { singleUser } from '../shared/database/single-user.ts'
import { RotationError } from '../shared/errors/rotation-error.ts'
import { say } from '../shared/errors/words.ts'
import type { Step } from '../shared/rotation/event.ts'
import type { SecretStore } from '../shared/rotation/secret-store.ts'
import type { Budget } from './explore/explore.ts'
import { isBlind, judgesBeforeStoring, remembersTooEarly } from './oauth-defects.ts'
import { apiKeyCases, simulatedApiKey } from './targets/api-keys.ts'
import { type DatabaseCase, databaseCases, simulatedDatabase } from './targets/databases.ts'
import { generated } from './targets/generated-value.ts'
import { type OauthCase, oauthCases, simulatedOauth } from './targets/oauth.ts'
import type { Provider } from './targets/provider.ts'
import type { SimulatedType } from './targets/simulated-type.ts'
import { simulatedSsh, sshCases } from './targets/ssh.ts'
import type { Outside } from './world/outside.ts'
import { valuesInUse, valueWith, type World } from './world/world.ts'

/** A mistake that somebody could make, made on purpose: the simulation is worth what it finds of them. */
export interface Defect {
  readonly what: string
  readonly type: SimulatedType
  /** The predicate that it breaks. */
  readonly breaks: string
  /** What it takes; one fault and one preemption when left out. */
  readonly budget?: Budget
}

const preempted: Budget = { fault: 0, preemption: 1, act: 0 }

export const defects: readonly Defect[] = [
  {
    what: 'createSecret makes a value before it looks for a stored one, and stores it all the same',
    type: withStore(typeNamed('postgres-single-user'), 'createSecret', (store) => ({
      ...store,
      read: async (id, version) => (version.label === 'AWSPENDING' ? undefined : store.read(id, version)),
      // As with a token of the SDK's own, where the event's is not given.
      putPending: async (id, token, value, rotationToken) =>
        (await store.putPending(id, token, value, rotationToken)) ||
        store.putPending(id, token.replace('rotation', 'invented'), value, rotationToken),
    })),
    breaks: 'some-version-works',
  },
  {
    what: 'createSecret fails where a value is stored already',
    type: withStore(generated, 'createSecret', (store) => ({
      ...store,
      async read(id, version) {
        const found = await store.read(id, version)
        if (version.label === 'AWSPENDING' && found !== undefined)
          throw new RotationError('VersionConflict', say`Stored.`)
        return found
      },
    })),
    breaks: 'the-rotation-ends',
  },
  {
    what: 'finishSecret promotes without saying from where',
    type: withStore(generated, 'finishSecret', (store) => ({
      ...store,
      async promote(id, token) {
        const { labels } = await store.describe(id)
        await store.promote(id, token, [...labels].find(([, held]) => held.includes('AWSCURRENT'))?.[0])
      },
    })),
    breaks: 'goes-forward',
  },
  {
    what: 'setSecret logs in as AWSPENDING before AWSCURRENT',
    type: database('mysql-single-user-two-tries', { strategy: pendingFirst }),
    breaks: 'nobody-locked-out',
    budget: preempted,
  },
  {
    what: 'createSecret sets the password, before it is stored',
    type: database('postgres-single-user', { strategy: setsBeforeStoring }),
    breaks: 'some-version-works',
  },
  {
    what: 'RETAIN CURRENT PASSWORD without a look at what is there',
    type: database('mysql-dual-password', {
      kind: { name: 'careless', compares: false, namesBoth: false, pushesOut: true },
    }),
    breaks: 'current-works',
  },
  {
    what: 'the second user gets no rights, and testSecret only logs in',
    type: database('postgres-alternating-users', {
      kind: { name: 'careless', compares: false, namesBoth: false, givesNoRights: true },
      strategy: (engine) => ({ ...pairOf(engine), test: oneLogin(engine).test }),
    }),
    breaks: 'nothing-half-promoted',
    budget: { fault: 0, preemption: 0, act: 0 },
  },
  {
    what: 'the server acknowledges what it has not written',
    type: database('postgres-single-user', { rules: { lockAfter: undefined, forgetsAcknowledged: true } }),
    breaks: 'acknowledged-survives',
  },
  { what: 'the file is written in its place', type: onHosts({ inPlace: true }), breaks: 'some-version-works' },
  { what: 'lines of others are dropped', type: onHosts({ dropsOthers: true }), breaks: 'others-untouched' },
  { what: 'a young orphan is deleted', type: impatient(keys()), breaks: 'no-labelled-one-revoked' },
  {
    what: 'a key is revoked before its successor is promoted',
    type: keys({}, (type, world, outside) => ({
      ...type,
      set: async ({ current }) => revokeKey((await current()).id, world, outside),
    })),
    breaks: 'no-labelled-one-revoked',
  },
  {
    what: 'a key is revoked when its successor is promoted',
    type: revokesWhenPromoted(keys()),
    breaks: 'previous-works',
  },
  {
    what: 'a key is given back after a timeout',
    type: withStore(keys(), 'createSecret', (store) => ({
      ...store,
      putPending: (...version) =>
        store.putPending(...version).catch((error: unknown) => {
          throw new RotationError('TimedOut', say`Nobody knows.`, { effect: 'none', cause: error })
        }),
    })),
    breaks: 'no-labelled-one-revoked',
  },
  { what: 'a run mints twice', type: keys({ mintsTwice: true }), breaks: 'few-unlabelled' },
  { what: 'orphans are not looked for', type: keys({ hidesKeys: true }), breaks: 'no-orphan-left' },
  {
    what: 'the refresh token is sent without a claim',
    type: oauth('single-use', { entrySays: 'none' }),
    breaks: 'consumed-once',
  },
  {
    what: 'the answer is judged before it is stored',
    type: oauth('grace', {}, judgesBeforeStoring),
    breaks: 'nothing-lost',
  },
  {
    what: 'a refusal is remembered too early',
    type: oauth('grace', {}, remembersTooEarly),
    breaks: 'nothing-lost',
  },
  {
    what: 'a run sees no claims of others',
    type: oauth('single-use', {}, isBlind),
    breaks: 'some-version-works',
    budget: preempted,
  },
]

function typeNamed(name: string): SimulatedType {
  return simulatedDatabase(caseOf(name))
}

function database(name: string, change: Partial<DatabaseCase>): SimulatedType {
  return simulatedDatabase({ ...caseOf(name), ...change })
}

function caseOf(name: string): DatabaseCase {
  const found = databaseCases.find((each) => each.name === name)
  if (found === undefined) throw new Error(`There is no ${name}.`)
  return found
}

const pairOf: DatabaseCase['strategy'] = (engine) => caseOf('postgres-alternating-users').strategy(engine)

function oauth(
  kind: string,
  about: Partial<OauthCase>,
  ...change: Parameters<typeof simulatedOauth> extends [unknown, ...infer Rest] ? Rest : never
): SimulatedType {
  const found = oauthCases.find(({ name }) => name === `oauth-${kind}`)
  if (found === undefined) throw new Error(`There is no ${kind}.`)
  return simulatedOauth({ ...found, ...about }, ...change)
}

function onHosts(defects: Parameters<typeof simulatedSsh>[1]): SimulatedType {
  const [each] = sshCases
  if (each === undefined) throw new Error('There is no ssh-key.')
  return simulatedSsh(each, defects)
}

function keys(...defects: Parameters<typeof simulatedApiKey> extends [unknown, ...infer Rest] ? Rest : never) {
  const [first] = apiKeyCases
  if (first === undefined) throw new Error('There is no api-key.')
  return simulatedApiKey(first, ...defects)
}

function revokeKey(id: string | undefined, world: World, outside: Outside): Promise<void> {
  return outside.call({
    kind: 'change',
    name: `revokes ${id}`,
    effect: () => void (world.target as Provider).revoke(id ?? '', valuesInUse(world)),
    lost: () => new Error('The provider does not answer.'),
    timedOut: () => new Error('The time ran out.'),
  })
}

function revokesWhenPromoted(type: SimulatedType): SimulatedType {
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

/** As if every run of before had ended long ago. */
function impatient(type: SimulatedType): SimulatedType {
  return {
    ...type,
    rotate: (event, around, world, outside) =>
      type.rotate(event, { ...around, remainingMs: () => -around.now() - 86_400_000 }, world, outside),
  }
}

/** Changes what one step does with the store. */
function withStore(type: SimulatedType, step: Step, change: (store: SecretStore) => SecretStore): SimulatedType {
  return {
    ...type,
    rotate(event, around, world, outside) {
      const isMeant = (event as { readonly Step: string }).Step === step
      return type.rotate(event, isMeant ? { ...around, store: change(around.store) } : around, world, outside)
    },
  }
}

/** As AWS's functions do: in each rotation one login is refused. */
function pendingFirst(engine: Parameters<DatabaseCase['strategy']>[0]): ReturnType<DatabaseCase['strategy']> {
  const strategy = singleUser(engine)
  return {
    ...strategy,
    async set(versions, context) {
      if (await logsIn(engine, versions.pending, 'AWSPENDING', context)) return
      await strategy.set?.(versions, context)
    },
  }
}

function setsBeforeStoring(engine: Parameters<DatabaseCase['strategy']>[0]): ReturnType<DatabaseCase['strategy']> {
  const strategy = singleUser(engine)
  return {
    ...strategy,
    async create(versions, context) {
      const [current, next] = [await versions.current(), await strategy.create(versions, context)]
      await using session = await tryLogin(engine, current, 'AWSCURRENT', context)
      await session?.setPassword(next.password)
      return next
    },
  }
}

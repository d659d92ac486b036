import { oneLogin } from '../shared/database/database-secret-type.ts'
import { RotationError } from '../shared/errors/rotation-error.ts'
import { say } from '../shared/errors/words.ts'
import {
  database,
  impatient,
  keys,
  oauth,
  onHosts,
  pairOf,
  pendingFirst,
  revokeKey,
  revokesWhenPromoted,
  setsBeforeStoring,
  typeNamed,
  withStore,
} from './defective-types.ts'
import type { Budget } from './explore/explore.ts'
import { isBlind, judgesBeforeStoring, remembersTooEarly } from './oauth-defects.ts'
import { generated } from './targets/generated-value.ts'
import type { SimulatedType } from './world/simulated-type.ts'

/** A mistake that somebody could make, made on purpose. The simulation must find each of them. */
export interface Defect {
  readonly what: string
  readonly type: SimulatedType
  /** The predicate that it breaks. */
  readonly breaks: string
  /** The budget that finds it; one fault and one preemption when left out. */
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

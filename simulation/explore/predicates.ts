import { timeoutMs } from '../world/run.ts'
import type { SimulatedType } from '../world/simulated-type.ts'
import { labelledValues, tokenOf, valueWith, versionIdWith, type World } from '../world/world.ts'

/** A promise, as a predicate on the world. */
export interface Predicate {
  readonly name: string
  readonly promise: string
  /** Looked at after each event. Gives whether the promise is broken. */
  whenever?(world: World, type: SimulatedType): boolean
  /** Looked at when all faults are over and a rotation has ended. */
  atTheEnd?(world: World, type: SimulatedType): boolean
  /** Looked at when AWSCURRENT has moved. */
  promoted?(world: World, type: SimulatedType): boolean
}

const works = (world: World, label: string) => {
  const value = valueWith(world, label)
  return value !== undefined && world.target.works(value)
}

export const predicates: readonly Predicate[] = [
  {
    name: 'nobody-locked-out',
    promise: 'No account is locked by logins of the function.',
    whenever: ({ target }) => target.broken.has('nobody-locked-out'),
  },
  {
    name: 'some-version-works',
    promise: 'A version with a label works; where there are several hosts, each accepts one of the versions.',
    whenever(world) {
      const { target } = world
      const values = labelledValues(world)
      return !values.some((value) => target.works(value)) || target.letsIn?.(values) === false
    },
  },
  {
    name: 'current-works',
    promise:
      'Where the old value goes on working, AWSCURRENT works at every moment; elsewhere when the rotation has ended.',
    whenever: (world, { overlap }) => overlap && !works(world, 'AWSCURRENT'),
    atTheEnd: (world) => !works(world, 'AWSCURRENT'),
  },
  {
    name: 'previous-works',
    promise: 'Where the old value goes on working, AWSPREVIOUS works when the rotation has ended.',
    // A rotation that was dropped after setSecret has taken its login.
    atTheEnd: (world, { overlap }) =>
      overlap && versionIdWith(world, 'AWSCURRENT') === tokenOf(world.rotations) && !works(world, 'AWSPREVIOUS'),
  },
  {
    name: 'nothing-half-promoted',
    promise: 'A value that becomes AWSCURRENT works, and may do all that the value before may.',
    promoted(world) {
      const [value, before] = [valueWith(world, 'AWSCURRENT') ?? '', valueWith(world, 'AWSPREVIOUS')]
      if (!world.target.works(value)) return true
      return before !== undefined && world.target.canDoAllOf?.(value, before) === false
    },
  },
  {
    name: 'goes-forward',
    promise: 'AWSCURRENT is never moved back to an older rotation.',
    promoted(world) {
      const number = (label: string) =>
        [...world.secret.versions.values()].find(({ stages }) => stages.has(label))?.id ?? ''
      const [now, before] = [number('AWSCURRENT'), number('AWSPREVIOUS')].map(rotationNumber)
      return now !== undefined && before !== undefined && now < before
    },
  },
  {
    name: 'few-unlabelled',
    promise: 'No more credentials live without a label than runs have minted within the last timeout.',
    whenever(world) {
      const { target, secrets, marks } = world
      // An operator has taken a label off, or pushed it on.
      if (['a timeout later', 'put', 'unstage', 'password'].some((each) => marks.has(each))) return false
      const count = target.unlabelled?.(labelledValues(world)) ?? 0
      return count > 0 && count > (target.mintedSince?.(secrets.clock.now() - timeoutMs) ?? 0)
    },
  },
  {
    name: 'no-orphan-left',
    promise: 'A rotation that begins a timeout after the last fault leaves no credential without a label.',
    atTheEnd: (world) =>
      world.marks.has('a timeout later') && (world.target.unlabelled?.(labelledValues(world)) ?? 0) > 0,
  },
  {
    name: 'no-labelled-one-revoked',
    promise: 'No credential is revoked while a label names it.',
    whenever: ({ target }) => target.broken.has('no-labelled-one-revoked'),
  },
  {
    name: 'consumed-once',
    promise: 'A token that was consumed is never sent again, unless the provider takes it again.',
    whenever: ({ target }) => target.broken.has('consumed-once'),
  },
  {
    name: 'nothing-lost',
    promise: 'A user has to authorize again only after somebody has revoked the grant.',
    whenever: ({ target }) => target.broken.has('nothing-lost'),
  },
  {
    name: 'others-untouched',
    promise: 'The credentials of others beside ours stay as they are.',
    whenever: ({ target }) => target.broken.has('others-untouched'),
  },
  {
    name: 'acknowledged-survives',
    promise: 'A change that the target has acknowledged survives its crash.',
    whenever: ({ target }) => target.broken.has('acknowledged-survives'),
  },
  {
    name: 'the-rotation-ends',
    promise: 'When the faults end, the rotation ends promoted, or in an error whose remedy, carried out, ends it.',
    whenever: ({ broken }) => broken.has('the-rotation-ends'),
  },
]

function rotationNumber(token: string): number | undefined {
  const number = /^rotation-(\d+)-/.exec(token)?.[1]
  return number === undefined || Number(number) >= 100 ? undefined : Number(number)
}

import type { Violation } from './explore/explore.ts'

/** A promise that is known not to hold in some histories, and why it is left so. */
export interface LeftOver {
  readonly name: string
  readonly why: string
  readonly types: RegExp
  readonly predicates: readonly string[]
  /** A mark (of a human act, or of a late arrival) that every such history has. */
  readonly mark?: string
  /** How many mishaps such a history has at least. */
  readonly mishaps?: number
}

const works = ['some-version-works', 'current-works', 'previous-works', 'nothing-half-promoted'] as const
const logins = /-(single-user|dual-password|alternating-users)|^ssh-key/

export const leftOvers: readonly LeftOver[] = [
  {
    name: 'AWSPENDING of a single user is removed after setSecret',
    why: 'It is the only password that works. Nobody can keep an operator from removing it, also by put-secret-value; the README says when not to, and where the value is still.',
    types: /single-user/,
    predicates: [...works, 'the-rotation-ends'],
    mark: 'unstage',
  },
  {
    name: 'a single user whose secret is edited after setSecret',
    why: 'put-secret-value takes AWSPENDING away, too.',
    types: /single-user/,
    predicates: [...works, 'the-rotation-ends'],
    mark: 'put',
  },
  {
    name: 'a late duplicate of setSecret sets an old password',
    why: 'A run, or a statement of it that waits at the server for a lock, outlives its rotation and the start of the next one. A server does not know which rotation a login belongs to. MySQL compares (REPLACE) and is not concerned. A single user comes back with AWSPREVIOUS at the next rotation; whoever drops a rotation by hand waits for the timeout first, as the README says.',
    types: logins,
    predicates: [...works, 'nobody-locked-out', 'the-rotation-ends'],
    mark: 'outdated run',
  },
  {
    name: 'a late createSecret of a rotation that was dropped',
    why: 'PutSecretValue moves AWSPENDING away from any other version. The rotation that was dropped is taken up by the next rotate-secret, and ends with its own value, which works.',
    types: /./,
    predicates: ['goes-forward'],
    mark: 'staged again',
  },
  {
    name: 'a late createSecret of a rotation that was dropped, with a key that was deleted meanwhile',
    why: 'The value arrives when its key, which no version had, was found and deleted: it was on its way for longer than the timeout of the function. testSecret refuses it, AWSCURRENT works on, and AWSPENDING has to be removed by hand.',
    types: /^(api|iam)/,
    predicates: ['the-rotation-ends'],
    mark: 'staged again',
    mishaps: 2,
  },
  {
    name: 'two secrets for one login, or a password that is changed by hand',
    why: 'Nothing that the secret holds works then. setSecret ends in LoginRefused or NotPrimary, and the remedy brings the value back.',
    types: logins,
    predicates: [...works, 'nobody-locked-out'],
    mark: 'password',
  },
  {
    name: 'a credential that is revoked by hand',
    why: 'The provider does not take it any more, whatever a function does.',
    types: /^(api|iam|oauth)/,
    predicates: [...works, 'nothing-lost'],
    mark: 'password',
  },
  {
    name: 'a right that is given between testSecret and finishSecret',
    why: 'It is compared once, in testSecret. The next rotation makes the two logins equal.',
    types: /alternating-users/,
    predicates: ['nothing-half-promoted'],
    mark: 'rights',
  },
  {
    name: 'an account that is locked after two wrong passwords',
    why: 'A repeated setSecret is refused once before AWSPENDING logs in. A run that ends between these two logins has spent one try, and so has a second run beside it. An account that takes three tries stands one such mishap.',
    types: /two-tries/,
    predicates: ['nobody-locked-out'],
  },
  {
    name: 'an account that is locked after three wrong passwords, and two mishaps between the same two logins',
    why: 'As above, with one try more.',
    types: /^(mysql|mariadb)-single-user/,
    predicates: ['nobody-locked-out'],
    mishaps: 2,
  },
  {
    name: 'a key that a person has made, of a secret that was edited',
    why: 'put-secret-value moves AWSPREVIOUS on, and no label names its key any more. A key with our marker is found by it; one without is left to the person who has made it.',
    types: /^api-key/,
    predicates: ['no-orphan-left'],
    mark: 'put',
  },
  {
    name: 'a grace that is over before the rotation is tried again',
    why: 'A run was killed after the claim, and nobody went on in time: the token may have been used.',
    types: /^oauth-grace/,
    predicates: ['nothing-lost'],
    mishaps: 2,
  },
  {
    name: 'single-use refresh tokens: killed between the claim and the store',
    why: 'The server has used the token up, or may have, and the answer is with nobody. No order of calls can close this window; where introspection tells, it is as short as the answer and the store. A grace at the server closes it.',
    types: /^oauth-single-use/,
    predicates: ['nothing-lost'],
  },
  {
    name: 'single-use refresh tokens: a request that arrives after the claim of its run has ended',
    why: 'Introspection says that the token was not used, and then it is, twice. The request of a dead run would have to be on its way for longer than the timeout of the function.',
    types: /^oauth-single-use-introspects/,
    predicates: [...works, 'consumed-once'],
    mark: 'arrived late',
  },
]

/** @returns the left-over that a violation shows, or undefined where it is a defect */
export function leftOverOf({ predicate, history, marks }: Violation): LeftOver | undefined {
  return leftOvers.find(
    (each) =>
      each.types.test(history.type) &&
      each.predicates.includes(predicate) &&
      (each.mark === undefined || marks.has(each.mark)) &&
      history.deviations.length >= (each.mishaps ?? 0),
  )
}

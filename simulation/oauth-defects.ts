import type { OauthSecret } from '../functions/oauth/secret.ts'
import { RotationError } from '../shared/errors/rotation-error.ts'
import { say } from '../shared/errors/words.ts'
import { claimsIn, endLabel } from '../shared/rotation/claim-label.ts'
import type { OwnLabels, SecretType } from '../shared/rotation/secret-type.ts'

type Type = SecretType<OauthSecret>
type Labels = Awaited<ReturnType<OwnLabels<OauthSecret>['labels']>>

/** The function sees no claim but its own. */
export function isBlind(type: Type): Type {
  return withOwn(type, (own) => {
    let mine = ''
    const hidden = (labels: Labels) =>
      new Map([...labels].map(([id, held]) => [id, held.filter((label) => label === mine || !label.includes('CLAIM'))]))
    return {
      ...own,
      labels: async () => hidden(await own.labels()),
      labelsNow: async () => hidden(await own.labelsNow()),
      move(label, move) {
        mine = label
        return own.move(label, move)
      },
    }
  })
}

/** The function takes the claim of a living run for a lost grant. */
export function remembersTooEarly(type: Type): Type {
  return withOwn(type, (own) => ({
    ...own,
    async labels() {
      const labels = await own.labels()
      const ends = claimsIn(labels).map(({ use }) => endLabel(use))
      return new Map([...labels].map(([id, held]) => [id, [...held, ...ends]]))
    },
  }))
}

/** The function judges an answer before it stores it, and refuses a late one. */
export function judgesBeforeStoring(type: Type): Type {
  return {
    ...type,
    async create(versions, context) {
      const begun = context.now()
      const made = await type.create(versions, context)
      if (context.now() === begun) return made
      throw new RotationError('TokenOdd', say`The answer is late.`)
    },
  }
}

function withOwn(type: Type, change: (own: OwnLabels<OauthSecret>) => OwnLabels<OauthSecret>): Type {
  return { ...type, create: (versions, context) => type.create({ ...versions, own: change(versions.own) }, context) }
}

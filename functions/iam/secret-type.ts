import type { AccessKeys } from '../../shared/aws/iam.ts'
import { say } from '../../shared/errors/words.ts'
import { labelled, tried, version } from '../../shared/rotation/finding.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import { type IdentityOf, ownerOf, proveNewKey } from './owner.ts'
import { type AccessKeySecret, accessKeyForm, withKey } from './secret.ts'
import type { AccessKeySettings } from './settings.ts'
import { newKey } from './slots.ts'

/** What the function calls besides Secrets Manager. */
export interface Iam {
  readonly accessKeys: AccessKeys
  readonly identityOf: IdentityOf
}

/**
 * Access keys of IAM users, of which each has two at the most: that of AWSCURRENT, and that of AWSPREVIOUS, which works until
 * the next rotation needs its place.
 */
export function iamAccessKey(
  { accessKeys, identityOf }: Iam,
  { region }: AccessKeySettings,
): SecretType<AccessKeySecret> {
  // Of this invocation: whose the new key is.
  let userName = ''
  return {
    ...accessKeyForm,
    overlap: true,
    serialize: ({ text }) => text,
    async create(versions, context) {
      const current = await versions.current()
      const owner = await ownerOf(current, identityOf, context)
      userName = owner.name
      const key = await newKey({ userName, versions, accessKeys, context })
      context.conceal(key.secretKey)
      context.did(say`had IAM make the key ${key.id} for the user ${userName}`)
      return withKey(current, key, region)
    },
    async discard({ id }, context) {
      await accessKeys.remove(userName, id, context.signal)
    },
    async test({ pending, current }, context) {
      const before = await current()
      if (before.id === pending.id) await ownerOf(pending, identityOf, context)
      else await proveNewKey(pending, before, identityOf, context)
    },
    outlives: ({ userName }) =>
      say`Temporary credentials that were made with the key (sts:GetSessionToken) work until they expire, 36 hours at most: deny them to ${userName ?? 'the user'} with a policy whose condition is aws:TokenIssueTime.`,
    async probe(versions, context) {
      const works = versions.map(({ secret, ...each }) =>
        tried(version(each), async () => {
          const { arn } = await ownerOf(secret, identityOf, context, each.labels[0] ?? 'the version')
          return say`The key ${secret.id} is that of ${arn}.`
        }),
      )
      const current = labelled(versions, 'AWSCURRENT')
      const rights = tried({ about: 'rights' }, async () => {
        if (current === undefined) return say`There is no AWSCURRENT whose user could be asked for.`
        const { name } = await ownerOf(current.secret, identityOf, context)
        const keys = (await accessKeys.list(name, context.signal))?.length ?? 0
        return say`The function may list the keys of ${name}, which has ${keys} of at most two.`
      })
      return Promise.all([...works, rights])
    },
  }
}

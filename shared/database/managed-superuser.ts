import { RotationError } from '../errors/rotation-error.ts'
import { ours, say } from '../errors/words.ts'
import type { Endpoint, SuperuserLookup } from './server-directory.ts'

/** Tags that RDS gives to the secrets that it manages, in lower case. Nobody but AWS can set a tag that begins so. */
const instanceTag = 'aws:rds:primarydbinstancearn'
const clusterTag = 'aws:rds:primarydbclusterarn'

/** Whether a superuser secret is of the form that RDS manages: these two fields and no other. */
export function isManagedByRds(fields: object): boolean {
  return Object.keys(fields).sort().join() === 'password,username'
}

/**
 * The server of a superuser secret that RDS manages, found by the secret's tags as AWS's functions find it.
 * @returns the fields of the secret that it has not itself
 * @throws RotationError InvalidSecret, SuperuserMismatch, ServerNotReady, and what tags and directory fail with
 */
export async function managedServer(
  arn: string,
  { engine, directory, context }: SuperuserLookup,
): Promise<Endpoint & { readonly engine: string }> {
  const secret = say`Superuser secret ${arn}`
  const tags = new Map([...(await context.secretTags(arn))].map(([key, value]) => [key.toLowerCase(), value]))
  const [kind, tag] = tags.has(instanceTag) ? (['instance', instanceTag] as const) : (['cluster', clusterTag] as const)
  const id = tags.get(tag)
  if (id === undefined) {
    throw new RotationError(
      'InvalidSecret',
      say`${secret} holds no host, and no tag names its RDS instance or cluster.`,
      {
        likely: say`RDS does not manage it, or manages it no longer.`,
        remedy: say`Put host and port into it, or the ARN that "aws rds describe-db-instances" shows as MasterUserSecret into masterarn.`,
      },
    )
  }
  if (!isArnOf(kind, id)) {
    throw new RotationError(
      'InvalidSecret',
      say`${secret}: its tag ${ours(tag)} is not the ARN of an RDS ${ours(kind)}.`,
    )
  }
  const found = await directory[kind](id, context.signal)
  context.did(say`asked RDS for ${id}`)
  if (found === undefined) {
    throw new RotationError('SuperuserMismatch', say`${secret} belongs to ${id}, which RDS does not know.`, {
      likely: say`The ${ours(kind)} was deleted or renamed, or is in another account or Region than the function.`,
      remedy: say`Put the ARN of the superuser secret of the server that the secret is for into masterarn.`,
    })
  }
  if (found.engine === undefined || !engine.engines.includes(found.engine)) {
    const other = found.engine === undefined ? ours('no engine') : say`the engine ${found.engine}`
    throw new RotationError('InvalidSecret', say`${secret} belongs to ${id}, which has ${other}.`, {
      likely: say`This function rotates secrets of ${ours(engine.engines.join(' and '))}.`,
      remedy: say`Rotate the secret with the function of its engine, or correct masterarn.`,
    })
  }
  if (found.endpoint === undefined) {
    throw new RotationError(
      'ServerNotReady',
      say`${id}, to which superuser secret ${arn} belongs, has no endpoint yet.`,
    )
  }
  return { ...found.endpoint, engine: found.engine }
}

function isArnOf(kind: 'instance' | 'cluster', text: string): boolean {
  const type = kind === 'instance' ? 'db' : 'cluster'
  return new RegExp(`^arn:[\\w-]+:rds:[\\w-]+:\\d{12}:${type}:[\\w-]+$`).test(text)
}

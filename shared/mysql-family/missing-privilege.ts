import { RotationError } from '../errors/rotation-error.ts'
import { say, type Words } from '../errors/words.ts'

/**
 * Gives an error about a missing privilege the statement that mends it.
 * @param remedy what an administrator is to run, or what gives that for the privilege that the server has named, if it has
 */
export async function explained<T>(
  work: Promise<T>,
  remedy: Words | string | ((lacks: string | undefined) => Words | string),
): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'MissingPrivilege') throw error
    throw new RotationError('MissingPrivilege', error.what, {
      remedy: say`As an administrator: ${typeof remedy === 'function' ? remedy(error.lacks) : remedy}`,
      cause: error.cause,
    })
  }
}

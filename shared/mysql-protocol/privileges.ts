import { RotationError } from '../rotation/errors.ts'
import { say, type Words } from '../rotation/words.ts'

/**
 * Gives an error about a missing privilege the statement that mends it.
 * @param remedy what an administrator is to run, or what gives that for what the error says
 */
export async function explained<T>(
  work: Promise<T>,
  remedy: Words | string | ((what: string) => Words | string),
): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'MissingPrivilege') throw error
    throw new RotationError('MissingPrivilege', error.what, {
      remedy: say`As an administrator: ${typeof remedy === 'function' ? remedy(String(error.what)) : remedy}`,
      cause: error.cause,
    })
  }
}

import { RotationError } from '../rotation/errors.ts'

/**
 * Gives an error about a missing privilege the statement that mends it.
 * @param remedy what an administrator is to run, or what gives that for what the error says
 */
export async function explained<T>(work: Promise<T>, remedy: string | ((what: string) => string)): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof RotationError) || error.code !== 'MissingPrivilege') throw error
    throw new RotationError('MissingPrivilege', error.what, {
      remedy: `As an administrator: ${typeof remedy === 'string' ? remedy : remedy(String(error.what))}`,
      cause: error.cause,
    })
  }
}

import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** The functions of github.com/aws-samples/aws-secrets-manager-rotation-lambdas that do what ours do, by their folders. */
const folders: Readonly<Record<string, string>> = {
  PostgresSingleUser: 'SecretsManagerRDSPostgreSQLRotationSingleUser',
  PostgresAlternatingUsers: 'SecretsManagerRDSPostgreSQLRotationMultiUser',
  MysqlSingleUser: 'SecretsManagerRDSMySQLRotationSingleUser',
  MysqlAlternatingUsers: 'SecretsManagerRDSMySQLRotationMultiUser',
  MariadbSingleUser: 'SecretsManagerRDSMariaDBRotationSingleUser',
  MariadbAlternatingUsers: 'SecretsManagerRDSMariaDBRotationMultiUser',
}

/**
 * Finds AWS's function for one of ours. AWS's functions are not in this repository.
 * @param checkout the folder that they are in
 * @returns the folder of the function that does what one of ours does; undefined where AWS has none
 * @throws Error where the checkout does not hold it
 */
export async function folderOfAws(functionId: string, checkout: string): Promise<string | undefined> {
  const name = folders[functionId]
  if (name === undefined) return undefined
  const folder = resolve(checkout, name)
  await stat(join(folder, 'lambda_function.py')).catch(() => {
    throw new Error(`${checkout} is no checkout of AWS's functions: there is no ${name}/lambda_function.py in it.`)
  })
  return folder
}

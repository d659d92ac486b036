import { logicalId } from '../local/functions.ts'

/** What the templates know of a function. */
export interface Row {
  /** Its entry file: `functions/<folder>/<file>.ts`. Its id follows from them. */
  readonly folder: string
  readonly file: string
  /** The heading of its block, for instance `PostgreSQL, single user`. */
  readonly title: string
  /** The words in the brackets of its switch: `Deploy PostgresSingleUser (...)?` */
  readonly what: string
  /** Its description in Lambda's console. */
  readonly rotates: string
  /** Parameters (template/parameters.yaml) that it gets as variables: PasswordLength is PASSWORD_LENGTH to it. */
  readonly variables: readonly string[]
  /** Further rights of its role (template/statements.yaml). */
  readonly statements?: readonly string[]
  /** Whether its target may be in a VPC: then SubnetIds put the function there. */
  readonly vpc: boolean
  /** Megabytes, where it needs more than MemoryMegabytes has for the others. */
  readonly memory?: number
  /** Seconds, where it needs more than TimeoutSeconds has for the others. */
  readonly timeout?: number
  /** The most bytes of its bundle, which Lambda loads at every cold start. */
  readonly maxBundleBytes: number
}

/** The function's name in the templates. */
export function idOf({ folder, file }: Pick<Row, 'folder' | 'file'>): string {
  return logicalId(`${folder}/${file}.ts`)
}

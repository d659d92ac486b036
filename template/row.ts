import { logicalId } from '../local/functions.ts'

/** A function, as the templates have to know it. */
export interface Row {
  /** Its entry file: `functions/<folder>/<file>.ts`. Its id follows from them. */
  readonly folder: string
  readonly file: string
  /** Over its block, for instance `PostgreSQL, single user`. */
  readonly title: string
  /** What its switch asks, in brackets: `Deploy PostgresSingleUser (...)?` */
  readonly what: string
  /** Its description in Lambda's console. */
  readonly rotates: string
  /** Parameters (template/parameters.yaml) that it gets as variables: PasswordLength is PASSWORD_LENGTH to it. */
  readonly variables: readonly string[]
  /** What its role allows besides (template/statements.yaml). */
  readonly statements?: readonly string[]
  /** Whether it reaches something that may be in a VPC: then SubnetIds put it there. */
  readonly vpc: boolean
  /** Megabytes, where it needs more than MemoryMegabytes has for the others. */
  readonly memory?: number
  /** Seconds, where it needs more than TimeoutSeconds has for the others. */
  readonly timeout?: number
  /** The most that its bundle may have: what Lambda loads at every cold start. */
  readonly maxBundleBytes: number
}

/** As the templates name the function. */
export function idOf({ folder, file }: Pick<Row, 'folder' | 'file'>): string {
  return logicalId(`${folder}/${file}.ts`)
}

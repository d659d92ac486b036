/** The facts about a function that can show which one it is. */
export interface Described {
  readonly arn: string
  readonly name: string
  readonly description: string
  readonly runtime: string
  readonly tags: Readonly<Record<string, string>>
}

/** One of AWS's own rotation functions, and what fits in its place. */
export interface Recognised {
  /** Its name in AWS's Serverless Application Repository. */
  readonly is: string
  /** The id of Keyturn's function of the same strategy; undefined where there is none. */
  readonly fits: string | undefined
  /** Things that Keyturn refuses at first and AWS's function accepts: docs/from-aws-functions.md. */
  readonly refuses: readonly string[]
}

/**
 * Recognises AWS's functions by the application that they were deployed from, or by the name and description
 * that AWS's templates give them. @returns undefined for any other function
 */
export function recognise({ name, description, runtime, tags }: Described): Recognised | undefined {
  if (!runtime.startsWith('python')) return undefined
  const application = /applications\/(SecretsManager\w+)/.exec(tags['serverlessrepo:applicationId'] ?? '')?.[1]
  const named = /SecretsManager\w*?(?:SingleUser|MultiUser|RotationTemplate)/.exec(`${name} ${description}`)?.[0]
  const told =
    /secret rotation for (?:an? )?(?:Amazon )?(.+?) (?:credentials )?using (?:the )?(single|multi|alternating)/i.exec(
      description,
    )
  const is = application ?? named ?? (told === null ? undefined : `${told[1]}, ${told[2]} user`)
  if (is === undefined) return undefined
  const fits = fitting(is)
  return { is, fits, refuses: fits === undefined ? [] : refusals(fits) }
}

function fitting(is: string): string | undefined {
  const engine = /postgres/i.test(is)
    ? 'Postgres'
    : /mariadb/i.test(is)
      ? 'Mariadb'
      : /mysql/i.test(is)
        ? 'Mysql'
        : undefined
  if (engine !== undefined) return `${engine}${/single/i.test(is) ? 'SingleUser' : 'AlternatingUsers'}`
  return /RotationTemplate/.test(is) ? 'GeneratedValue' : undefined
}

function refusals(fits: string): readonly string[] {
  if (fits === 'GeneratedValue') return []
  const found = ['a server without TLS, or with a certificate that is not verified, unless the secret has "ssl": false']
  if (fits.startsWith('Postgres')) found.push('PostgreSQL before version 10')
  if (!fits.endsWith('AlternatingUsers')) return found
  found.push('a superuser secret whose host or port is not the same as those of the secret, but for replicas in RDS')
  found.push('a second user that is not provably of this secret')
  if (fits.startsWith('Postgres')) found.push('a second user that owns tables, until they belong to the first')
  if (fits.startsWith('Mysql')) found.push('MySQL 5.7')
  return found
}

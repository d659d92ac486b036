import { pageStatements } from '../../support/page.ts'

/**
 * Runs what the query of docs/from-aws-functions.md prints, and asks again until that is nothing but the REASSIGN of what an
 * application has made meanwhile, which it runs, too.
 * @param query runs a statement as a role that may run all that the page's query prints
 * @param proved runs a statement, and proves that no role has lost a right
 */
export async function handOver(
  names: { readonly app: string; readonly shop: string },
  query: (sql: string) => Promise<unknown>,
  proved: (statement: string) => Promise<unknown>,
): Promise<void> {
  for (let round = 0; round < 4; round++) {
    const statements = await printed(names, query)
    const isLast = statements.every((statement) => statement.startsWith('REASSIGN'))
    for (const statement of statements) await (isLast ? query(statement) : proved(statement))
    if (isLast) return
  }
  throw new Error('The query goes on printing statements.')
}

/** What the query of the page prints now. */
export async function printed(
  names: { readonly app: string; readonly shop: string },
  query: (sql: string) => Promise<unknown>,
): Promise<string[]> {
  const [asked = ''] = pageStatements('postgres-granted', names)
  const rows = (await query(asked)) as readonly { readonly statement: string }[]
  return rows.map(({ statement }) => statement)
}

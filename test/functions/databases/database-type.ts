import { logicalId } from '../../../local/functions.ts'
import type { DatabaseTypeUnderTest } from '../../contract/database.ts'
import type { FunctionUnderTest } from '../../support/function-under-test.ts'
import type { Fields } from './secret-string.ts'
import type { DatabaseTarget, Store } from './target.ts'

/** What a target is to be like, as far as all engines have it. */
export interface SecretWish {
  readonly fields?: Fields
}

/** An engine with a strategy, whose targets can be as they are wished for. */
export interface WishedType<Wish extends SecretWish> extends DatabaseTypeUnderTest {
  make(secrets: Store, wish?: Wish | SecretWish): Promise<DatabaseTarget>
}

/** What a strategy does alike with every engine, unless the engine says otherwise. */
export const strategies = {
  'single-user': {
    oldValue: 'is refused',
    logins: { setSecret: 1, testSecret: 1 },
  },
  'dual-password, by itself': {
    handChangeEndsIn: 'testSecret',
    oldValue: 'works',
    logins: { setSecret: 2, testSecret: 1 },
  },
  'dual-password, by a superuser': {
    handChangeEndsIn: 'testSecret',
    oldValue: 'works',
    logins: { setSecret: 3, testSecret: 1 },
  },
  'alternating-users': {
    oldValue: 'works',
    logins: { setSecret: 2, testSecret: 1 },
  },
} as const

/** Completes a kind of database secret with the members that are the same for all. */
export function databaseType<Wish extends SecretWish>({
  make,
  oddities,
  ...type
}: Omit<WishedType<Wish>, 'fresh' | 'withFields' | 'hostile'> & {
  /** Targets that break texts which are put together carelessly, by their oddity. */
  readonly oddities: Readonly<Record<string, Wish>>
}): WishedType<Wish> {
  const hostile = Object.entries(oddities).map(([oddity, wish]) => [oddity, (store: Store) => make(store, wish)])
  return {
    ...type,
    make,
    hostile: Object.fromEntries(hostile),
    fresh: (store) => make(store),
    withFields: (store, fields) => make(store, { fields }),
  }
}

/** For every engine. */
export const oddFields: Readonly<Record<string, SecretWish>> = {
  'fields that nobody knows, in their order, with big numbers and __proto__': {
    fields: { ['__proto__']: '{"a":1}', big: '12345678901234567890', exact: '1.10', 'a "b"': '[null,{"z":1e400}]' },
  },
  'the port as a string': { fields: { port: 'as a string' } },
}

/** The function of a file in `functions/`, which trusts the authority of a server. */
export function databaseFunction(
  path: string,
  { ca }: { readonly ca: string },
  env: Readonly<Record<string, string>> = {},
): FunctionUnderTest {
  const module = `functions/${path}.ts`
  return { id: logicalId(module), module, env: { DATABASE_CA_BUNDLE: ca, ...env } }
}

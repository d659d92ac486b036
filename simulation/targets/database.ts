import type { Target } from '../world/target.ts'

/** A login of the model, as the server keeps it. */
export interface Account {
  /** The first password, and perhaps a second one that works, too. */
  readonly passwords: readonly string[]
  /** Its rights, a letter for each. */
  readonly rights: string
  /** How many logins were refused since the last accepted one. */
  readonly refused: number
  readonly isLocked: boolean
}

export interface DatabaseRules {
  /** After how many refused logins in a row an account is locked; undefined where that never happens. */
  readonly lockAfter: number | undefined
  /** Whether a change is acknowledged before it is durable: a defect, for the test of the tests. */
  readonly forgetsAcknowledged?: boolean
  /** The host of a replica, where applications log in; it learns of a change after a second. */
  readonly replica?: string
}

/** A database of logins: its present state, and the state that a crash leaves. */
export interface Database extends Target {
  readonly rules: DatabaseRules
  /** @param host the replica's host, to ask the replica */
  account(name: string, host?: string): Account | undefined
  /** Called before each use: changes that are old enough reach the replica. */
  replicate(now: number): void
  /** Called after each change at the source. */
  changed(now: number): void
  change(name: string, account: Partial<Account>): void
  /** Makes all changes so far durable: they have been acknowledged. */
  acknowledge(): void
  /** Counts crashes: sessions from before a crash are gone. */
  readonly crashes: number
}

interface State {
  accounts: Readonly<Record<string, Account>>
  replica: Readonly<Record<string, Account>>
  changedAt: number
  durable: Readonly<Record<string, Account>>
  acknowledged: Readonly<Record<string, Account>>
  crashes: number
  byHand: number
  broken: ReadonlySet<string>
}

/** The login in a SecretString. It is remembered, because the same few are looked at over and over. */
export function loginIn(value: string): { readonly username: string; readonly password: string } {
  const known = logins.get(value)
  if (known !== undefined) return known
  const login = JSON.parse(value) as { username: string; password: string }
  if (logins.size > 20_000) logins.clear()
  logins.set(value, login)
  return login
}
const logins = new Map<string, { readonly username: string; readonly password: string }>()

export function newAccount(password: string, rights = 'rw'): Account {
  return { passwords: [password], rights, refused: 0, isLocked: false }
}

/** @returns a database with these logins, all of them durable */
export function database(rules: DatabaseRules, accounts: Readonly<Record<string, Account>>): Database {
  const none: ReadonlySet<string> = new Set()
  return withState(rules, {
    accounts,
    replica: accounts,
    changedAt: 0,
    durable: accounts,
    acknowledged: accounts,
    crashes: 0,
    byHand: 0,
    broken: none,
  })
}

/** How long a change takes to reach the replica, in milliseconds. */
const lagMs = 1_000

function withState(rules: DatabaseRules, state: State): Database {
  const accountsAt = (host: string | undefined) =>
    host === undefined || host !== rules.replica ? state.accounts : state.replica
  const lets = (value: string) => {
    const { username, password } = loginIn(value)
    const account = accountsAt(rules.replica)[username]
    return account !== undefined && !account.isLocked && account.passwords.includes(password) ? account : undefined
  }
  return {
    rules,
    state: () =>
      JSON.stringify([
        state.accounts,
        // A password that is set to itself makes no difference, whenever the replica learns of it.
        rules.replica && passwordsOf(state.replica) !== passwordsOf(state.accounts) && [state.replica, state.changedAt],
        state.durable,
        state.byHand,
        [...state.broken],
      ]),
    copy: () => withState(rules, { ...state }),
    get broken() {
      return state.broken
    },
    get crashes() {
      return state.crashes
    },
    account: (name, host) => accountsAt(host)[name],
    replicate(now) {
      if (now - state.changedAt >= lagMs) state.replica = state.accounts
    },
    changed(now) {
      state.changedAt = now
    },
    change(name, account) {
      const before = state.accounts[name] ?? newAccount('')
      if (account.isLocked === true) state.broken = new Set([...state.broken, 'nobody-locked-out'])
      state.accounts = { ...state.accounts, [name]: { ...before, ...account } }
    },
    acknowledge() {
      state.acknowledged = state.accounts
      if (rules.forgetsAcknowledged !== true) state.durable = state.accounts
    },
    works: (value) => lets(value) !== undefined,
    canDoAllOf(value, other) {
      const rights = state.accounts[loginIn(value).username]?.rights ?? ''
      return [...(state.accounts[loginIn(other).username]?.rights ?? '')].every((right) => rights.includes(right))
    },
    crash() {
      const lost = passwordsOf(state.acknowledged) !== passwordsOf(state.durable)
      if (lost) state.broken = new Set([...state.broken, 'acknowledged-survives'])
      Object.assign(state, {
        accounts: state.durable,
        replica: state.durable,
        acknowledged: state.durable,
        crashes: state.crashes + 1,
      })
    },
    madeEqual() {
      const clones = Object.entries(state.accounts).filter(([name]) => name.startsWith('app'))
      const rights = [...new Set(clones.flatMap(([, account]) => [...account.rights]))].join('')
      for (const [name, account] of clones) state.accounts = { ...state.accounts, [name]: { ...account, rights } }
      state.replica = state.accounts
      state.durable = state.accounts
      state.acknowledged = state.accounts
    },
    mended(value) {
      const { username } = loginIn(value)
      const account = state.accounts[username] ?? newAccount('')
      state.accounts = { ...state.accounts, [username]: { ...account, refused: 0, isLocked: false } }
      state.replica = state.accounts
      state.durable = state.accounts
      state.acknowledged = state.accounts
      return JSON.stringify({ ...loginIn(value), password: account.passwords[0] })
    },
    acts: handsOn(state),
  }
}

function passwordsOf(accounts: Readonly<Record<string, Account>>): string {
  return JSON.stringify(Object.entries(accounts).map(([name, { passwords, rights }]) => [name, passwords, rights]))
}

/** Human acts at the server: by hand, or with another secret of the same login. */
function handsOn(state: State): Target['acts'] {
  const change = (account: (before: Account) => Account) => {
    const { app } = state.accounts
    if (app !== undefined) state.accounts = { ...state.accounts, app: account(app) }
    state.replica = state.accounts
    state.durable = state.accounts
    state.acknowledged = state.accounts
  }
  return {
    password: {
      story: 'somebody changes the password of app at the server, perhaps with another secret of the same login',
      act: () => change((app) => ({ ...app, passwords: [`by hand ${++state.byHand}`] })),
    },
    rights: {
      story: 'somebody gives app another right at the server',
      act: () => change((app) => ({ ...app, rights: app.rights.includes('x') ? `${app.rights}y` : `${app.rights}x` })),
    },
  }
}

import type { RotationError } from '../errors/rotation-error.ts'
import { ours, say, type Words } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import { type Finding, labelled, type ProbedVersion, tried, untried, version, works } from '../rotation/finding.ts'
import type { ComingChange, DatabaseEngine, DatabaseSession } from './engine.ts'
import { address, type DatabaseSecret, isSameServer, isSameTls, type Login, type Owner } from './secret.ts'

type Versions = readonly ProbedVersion<DatabaseSecret>[]
type Version = ProbedVersion<DatabaseSecret>

/** What a strategy adds to the logins. */
export interface ProbedStrategy<Session> {
  /** What setSecret will do as the login of AWSCURRENT; undefined where a superuser does it. */
  ownChange(current: Owner): ComingChange | undefined
  /** Compares the rights of a pending login, which logs in, with those of AWSCURRENT. Throws PrivilegesDiffer. */
  compare?(session: Session, current: Owner, context: RotationContext): Promise<void>
  /** What setSecret will do as the superuser, once AWSCURRENT has logged in; undefined where there is none. */
  superuser?(
    current: Owner,
    context: RotationContext,
  ): { readonly change: ComingChange; readonly session: () => Promise<Session> } | undefined
}

/**
 * Logs in with each version, at most one refused login for each account, and none where the server may lock it: what may
 * lock is said, not tried. AWSCURRENT is tried in any case, as applications do all the time.
 */
export async function probeDatabase<Session extends DatabaseSession>(
  versions: Versions,
  engine: DatabaseEngine<Session>,
  strategy: ProbedStrategy<Session>,
  context: RotationContext,
): Promise<readonly Finding[]> {
  const current = labelled(versions, 'AWSCURRENT')
  if (current === undefined)
    return versions.map((each) =>
      untried(version(each), say`Without AWSCURRENT nobody knows whose logins may be tried.`),
    )
  const { secret: currentSecret } = current
  const accounts = accountsOf(versions, engine)
  const findings: Finding[] = []
  let inTheWay: RotationError | undefined
  /** With the version that may be tried first, where no login can lock an account. */
  const inOrder = engine.neverLocks ? versions : [current, ...versions.filter((each) => each !== current)]
  for (const each of inOrder) {
    const why: Words | undefined =
      inTheWay === undefined
        ? whyNot(each, current, accounts)
        : say`It was not tried after ${ours(inTheWay.code)}, which it would meet, too.`
    const mayLock = accounts.mayLock(each.secret.login.username)
    const finding: Finding =
      why === undefined
        ? await logIn(each, engine, context, whenLoggedIn(each))
        : untried({ about: 'version', version: each.id, mayLock }, why)
    findings.push(finding)
    accounts.note(each, finding)
    if (finding.error !== undefined && !isOfAccount(finding.error)) inTheWay = finding.error
    if (each === current) findings.push(...(await ofSuperuser(finding)))
  }
  return findings

  function whenLoggedIn(each: Version) {
    return async (session: Session) => {
      const { username } = each.secret.login
      if (session.mayLock !== undefined && !(await session.mayLock(username))) accounts.neverLocks(username)
      if (each !== current) return compare(session, each)
      findings.push(tlsOf(each.secret.login))
      const change = strategy.ownChange(each.secret)
      if (change !== undefined) findings.push(await readiness(session, change))
    }
  }

  async function compare(session: Session, { labels }: Version): Promise<void> {
    const compareRights = labels.includes('AWSPENDING') ? strategy.compare : undefined
    if (compareRights === undefined || !accounts.isKnown(current)) return
    const about = { about: 'rights' } as const
    const equal = async () => {
      await compareRights(session, currentSecret, context)
      return say`The login of AWSPENDING may do what that of AWSCURRENT may.`
    }
    findings.push(await tried(about, equal))
  }

  /** A superuser's secret is used only for somebody who can log in already: anybody who writes a secret can name one. */
  async function ofSuperuser({ verdict }: Finding): Promise<readonly Finding[]> {
    const next = strategy.superuser?.(currentSecret, context)
    if (next === undefined) return []
    const about = { about: 'superuser' } as const
    if (verdict !== 'works') return [untried(about, say`It is used only where AWSCURRENT logs in.`)]
    const more: Finding[] = []
    const finding = await tried(about, async () => {
      await using session = await next.session()
      for (const username of accounts.names())
        if (session.mayLock !== undefined && !(await session.mayLock(username))) accounts.neverLocks(username)
      more.push(await readiness(session, next.change))
      return say`The superuser secret logs in${ours(session.account === undefined ? '' : ' as ')}${session.account ?? ours('')}.`
    })
    return [finding, ...more]
  }
}

/** What the server has against the account or its password: another version may be let in. */
function isOfAccount({ code }: RotationError): boolean {
  return code.startsWith('Login')
}

async function logIn<Session extends DatabaseSession>(
  each: Version,
  engine: DatabaseEngine<Session>,
  context: RotationContext,
  inside: (session: Session) => Promise<void>,
): Promise<Finding> {
  const { login } = each.secret
  return tried(version(each), async () => {
    // Ended before the next one: an account may have one connection to spare.
    await using session = await engine.connect(login, context)
    await inside(session)
    return say`Logs in to ${address(login)} as ${session.account ?? login.username}.`
  })
}

/** What is known of the accounts that the versions name. */
function accountsOf(versions: Versions, { neverLocks }: Pick<DatabaseEngine, 'neverLocks'>) {
  const names = [...new Set(versions.map(({ secret }) => secret.login.username))]
  const safe = new Set(neverLocks ? names : [])
  const refused = new Set<string>()
  const known = new Set<Version>()
  return {
    names: () => names,
    neverLocks: (name: string) => void safe.add(name),
    note(each: Version, { error, verdict }: Finding) {
      if (error !== undefined && isOfAccount(error)) refused.add(each.secret.login.username)
      if (verdict === 'works') known.add(each)
    },
    /** Whether a version has logged in. */
    isKnown: (each: Version | undefined) => each !== undefined && known.has(each),
    wasRefused: (name: string) => refused.has(name),
    mayLock: (name: string) => !safe.has(name),
  }
}

/** @returns why a version is not tried */
function whyNot(
  { secret: { login }, labels }: Version,
  { secret: current }: Version,
  accounts: ReturnType<typeof accountsOf>,
): Words | undefined {
  const { username } = login
  if (!isSameServer(login, current.login) || !isSameTls(login, current.login))
    return say`It is for another server than AWSCURRENT, or with other TLS: its password is sent nowhere.`
  if (labels.includes('AWSCURRENT') && !accounts.wasRefused(username)) return undefined
  if (accounts.wasRefused(username))
    return say`${username} was refused once already; a second refused login is not made in one probe.`
  if (accounts.mayLock(username))
    return say`A refused login could lock ${username}, as far as is known: the server has a limit, or nobody could see that it has none.`
  return undefined
}

function tlsOf({ tls }: Login): Finding {
  const about = { about: 'tls' } as const
  if (tls === false) return untried(about, say`"ssl" in the secret is false: passwords travel in clear text.`)
  return works(about, say`The certificate is valid for ${tls.serverName}.`)
}

/** Whether a rotation would be refused, as far as it can be seen without changing anything. */
async function readiness(session: DatabaseSession, change: ComingChange): Promise<Finding> {
  const about = { about: 'rights' } as const
  const { checkReady } = session
  if (checkReady === undefined) return untried(about, say`Whether it may change the password shows only in setSecret.`)
  return tried(about, () => checkReady(change))
}

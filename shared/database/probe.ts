import type { RotationError } from '../errors/rotation-error.ts'
import { ours, say, type Words } from '../errors/words.ts'
import type { RotationContext } from '../rotation/context.ts'
import { type Finding, labelled, type ProbedVersion, tried, untried, version, works } from '../rotation/finding.ts'
import type { ComingChange, DatabaseEngine, DatabaseSession } from './engine.ts'
import { address, type DatabaseSecret, isSameServer, isSameTls, type Login, type Owner } from './secret.ts'

type Version = ProbedVersion<DatabaseSecret>

/** What a strategy adds to the logins. */
export interface ProbedStrategy<Session> {
  /** What setSecret will do. Throws where the secret rules it out: NameTooLong. */
  change(current: Owner): ComingChange
  /** Logs in as the superuser that does it, once AWSCURRENT has logged in; undefined where the login does it itself. */
  superuser?(current: Owner): (() => Promise<Session>) | undefined
  /** Compares the rights of a pending login, which logs in, with those of AWSCURRENT. Throws PrivilegesDiffer. */
  compare?(session: Session, current: Owner): Promise<void>
}

/**
 * Logs in with each version, at most one refused login for each account, and none where the server may lock it: what may
 * lock is said, not tried. AWSCURRENT is tried in any case, as applications do all the time.
 */
export async function probeDatabase<Session extends DatabaseSession>(
  versions: readonly Version[],
  engine: DatabaseEngine<Session>,
  strategy: ProbedStrategy<Session>,
  context: RotationContext,
): Promise<readonly Finding[]> {
  const current = labelled(versions, 'AWSCURRENT')
  if (current === undefined)
    return versions.map((each) =>
      untried(version(each), say`Without AWSCURRENT nobody knows whose logins may be tried.`),
    )
  const owner = current.secret
  const { compare } = strategy
  const superuser = strategy.superuser?.(owner)
  const usernames = new Set(versions.map(({ secret }) => secret.login.username))
  const neverLocked = new Set(engine.neverLocks ? usernames : [])
  const refused = new Set<string>()
  const findings: Finding[] = []
  let currentWorks = false
  let inTheWay: RotationError | undefined
  /** As they were asked for; but AWSCURRENT comes first where a refused login may lock an account. */
  const inOrder = engine.neverLocks ? versions : [current, ...versions.filter((each) => each !== current)]
  for (const each of inOrder) {
    const { username } = each.secret.login
    const mayLock = !neverLocked.has(username)
    const why =
      inTheWay === undefined
        ? whyNot(each, owner, { wasRefused: refused.has(username), mayLock })
        : say`It was not tried after ${ours(inTheWay.code)}, which it would meet, too.`
    const finding = why === undefined ? await logIn(each) : untried({ ...version(each), mayLock }, why)
    findings.push(finding)
    if (finding.error !== undefined && isOfAccount(finding.error)) refused.add(username)
    else inTheWay ??= finding.error
    if (each !== current) continue
    currentWorks = finding.verdict === 'works'
    if (superuser !== undefined) findings.push(...(await asSuperuser(superuser)))
  }
  return findings

  async function logIn(each: Version): Promise<Finding> {
    const { login } = each.secret
    return tried(version(each), async () => {
      // The session ends before the next login: an account may have one connection to spare.
      await using session = await engine.connect(login, context)
      await noteLocks(session, [login.username])
      if (each === current) {
        findings.push(tlsOf(login))
        if (superuser === undefined) findings.push(await readiness(session, () => strategy.change(owner)))
      } else if (compare !== undefined && currentWorks && each.labels.includes('AWSPENDING')) {
        const equal = async () => {
          await compare(session, owner)
          return say`The login of AWSPENDING may do what that of AWSCURRENT may.`
        }
        findings.push(await tried({ about: 'rights' }, equal))
      }
      return say`Logs in to ${address(login)} as ${session.account ?? login.username}.`
    })
  }

  async function noteLocks(session: Session, names: Iterable<string>): Promise<void> {
    for (const name of names) if (session.mayLock !== undefined && !(await session.mayLock(name))) neverLocked.add(name)
  }

  /** A superuser's secret is used only after AWSCURRENT has logged in: a secret can name any superuser. */
  async function asSuperuser(logInAsSuperuser: () => Promise<Session>): Promise<readonly Finding[]> {
    if (!currentWorks) return [untried({ about: 'superuser' }, say`It is used only where AWSCURRENT logs in.`)]
    const more: Finding[] = []
    const finding = await tried({ about: 'superuser' }, async () => {
      await using session = await logInAsSuperuser()
      await noteLocks(session, usernames)
      more.push(await readiness(session, () => strategy.change(owner)))
      return say`The superuser secret logs in${ours(session.account === undefined ? '' : ' as ')}${session.account ?? ours('')}.`
    })
    return [finding, ...more]
  }
}

/** What the server has against the account or its password: another version may be let in. */
function isOfAccount({ code }: RotationError): boolean {
  return code.startsWith('Login')
}

/** @returns why a version is not tried */
function whyNot(
  { secret: { login }, labels }: Version,
  { login: current }: Owner,
  account: { readonly wasRefused: boolean; readonly mayLock: boolean },
): Words | undefined {
  if (!isSameServer(login, current) || !isSameTls(login, current))
    return say`It is for another server than AWSCURRENT, or with other TLS: its password is sent nowhere.`
  if (account.wasRefused)
    return say`${login.username} was refused once already; a second refused login is not made in one probe.`
  if (!account.mayLock || labels.includes('AWSCURRENT')) return undefined
  return say`A refused login could lock ${login.username}, as far as is known: the server has a limit, or nobody could see that it has none.`
}

function tlsOf({ tls }: Login): Finding {
  const about = { about: 'tls' } as const
  if (tls === false) return untried(about, say`"ssl" in the secret is false: passwords travel in clear text.`)
  return works(about, say`The certificate is valid for ${tls.serverName}.`)
}

/** Whether a rotation would be refused, as far as it can be seen without changing anything. */
async function readiness(session: DatabaseSession, change: () => ComingChange): Promise<Finding> {
  const about = { about: 'rights' } as const
  const { checkReady } = session
  if (checkReady === undefined) return untried(about, say`Whether it may change the password shows only in setSecret.`)
  return tried(about, async () => checkReady(change()))
}

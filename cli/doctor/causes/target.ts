import { type Cause, cause, currentOf, type Finding, reported, works } from '../cause.ts'
import { type Checked, known, type Seen } from '../seen.ts'
import { isAlternating } from '../whose.ts'

/** Makes a finding of a problem that the function has reported, with the remedy that it names itself. */
export function reportedAs(seen: Seen, wanted: (found: Checked) => boolean, command?: string): Finding | undefined {
  const found = reported(seen, wanted)
  if (found === undefined) return undefined
  const remedy = found.remedy || 'docs/errors.md says what to do.'
  const saw = `${found.where}: ${found.code}, ${found.text}`
  return { certainty: found.certainty, saw, remedy, ...(command === undefined ? {} : { command }) }
}

const oneOf =
  (...codes: readonly string[]) =>
  ({ code }: Checked) =>
    codes.includes(code)

const secretArn = (seen: Seen) => known(seen.secret)?.arn ?? seen.secretId
const putValue = (seen: Seen) =>
  `aws secretsmanager put-secret-value --secret-id ${secretArn(seen)} --secret-string file://VALUE.json`

const unreachable = [
  'Unreachable',
  'NoAnswer',
  'ServerNotReady',
  'ReadOnlyServer',
  'WrongServer',
  'FleetIncomplete',
  'JumpRefused',
]
const refused = ['LoginRefused', 'LoginLocked', 'LoginExpired', 'LoginMethod', 'AddressRefused', 'NotPrimary']
const tls = [
  'TlsRequired',
  'TlsUnavailable',
  'TlsIncompatible',
  'CertificateUnsuitable',
  'CertificateUntrusted',
  'CertificateNameMismatch',
]

/** A proxy's own host names: RDS guide, "Connecting to a database through RDS Proxy". */
const proxyHost = /\b[\w-]+(?:\.endpoint)?\.proxy-[a-z0-9]+\.[a-z0-9-]+\.rds\.amazonaws\.com\b/

/** Causes in the value of the secret, or in the server that it logs in to. Only the function can try that. */
export const targetCauses: readonly Cause[] = [
  cause(8, 'The value of the secret is not what the function needs', (seen) => {
    const value = known(seen.value)
    const found = reportedAs(seen, oneOf('InvalidSecret', 'PendingMismatch'), putValue(seen))
    if (found !== undefined || value?.isJson !== false || !isDatabaseFunction(seen)) return found
    const remedy = 'Put a value with the fields of its kind: docs/databases.md lists them.'
    return { certainty: 'sure', saw: 'The value is not a JSON object.', remedy, command: putValue(seen) }
  }),
  cause(9, 'The function cannot reach what the secret logs in to', (seen) => reportedAs(seen, oneOf(...unreachable))),
  cause(10, 'The login in the secret is wrong', (seen) => {
    const found = reportedAs(seen, oneOf(...refused), putValue(seen))
    const current = currentOf(known(seen.secret))
    const all = known(seen.probe)?.findings ?? []
    const working = all.find(
      ({ about, verdict, version }) => about === 'version' && verdict === 'works' && version !== current,
    )
    if (found === undefined || working === undefined || works(seen, current)) return found
    const from = current === undefined ? '' : ` --remove-from-version-id ${current}`
    const move = `--version-stage AWSCURRENT --move-to-version-id ${working.version}${from}`
    const named =
      working.labels !== undefined && working.labels.length > 0
        ? working.labels.join(' and ')
        : 'a version without a label'
    return {
      certainty: 'sure',
      saw: `${found.saw} Version ${working.version} (${named}) logs in.`,
      remedy: 'Make the version that logs in AWSCURRENT again, then rotate.',
      command: `aws secretsmanager update-secret-version-stage --secret-id ${secretArn(seen)} ${move}`,
    }
  }),
  cause(12, 'TLS between the function and the server fails', (seen) => reportedAs(seen, oneOf(...tls))),
  cause(23, 'The server does not take the generated password', (seen) => reportedAs(seen, oneOf('PasswordRejected'))),
  cause(29, 'The name of the second login would be too long', (seen) => {
    const { username = '', engine = '' } = known(seen.value) ?? {}
    const most = /postgres/i.test(engine) ? 63 : /maria/i.test(engine) ? 80 : 32
    const alternates = isAlternating(known(seen.lambda))
    const name = username.replace(/_clone$/, '')
    if (!alternates || Buffer.byteLength(`${name}_clone`) <= most) return reportedAs(seen, oneOf('NameTooLong'))
    const saw = `The user name ${name} with _clone is longer than ${most} bytes.`
    const remedy = 'Use a shorter user name for this secret, or the single-user strategy.'
    return { certainty: 'sure', saw, remedy }
  }),
  cause(30, 'Alternating users log in through RDS Proxy', (seen) => {
    const { host } = known(seen.value) ?? {}
    const found = reported(seen, ({ text }) => proxyHost.test(text))
    const proxy = proxyHost.exec(host ?? '')?.[0] ?? proxyHost.exec(found?.text ?? '')?.[0]
    if (proxy === undefined) return undefined
    const saw = `The host ${proxy} is an RDS Proxy, which knows only the logins of the secrets that it was given.`
    const remedy = "Put the database's own endpoint into the secret as host; docs/databases.md says what a proxy needs."
    return { certainty: 'sure', saw, remedy, command: putValue(seen) }
  }),
]

function isDatabaseFunction({ lambda }: Seen): boolean {
  return /postgres|mysql|mariadb/i.test(known(lambda)?.name ?? '')
}

/** Codes that have a cause of their own, here or in another file. */
const elsewhere = [
  ...[
    'SecretsManagerUnreachable',
    'EndpointUntrusted',
    'RdsUnreachable',
    'RdsFailed',
    'KmsAccessDenied',
    'AccessDenied',
  ],
  ...['TimedOut', 'Internal', 'PasswordRejected', 'NameTooLong', 'InvalidSecret', 'PendingMismatch'],
  ...[...unreachable, ...refused, ...tls],
]

/** Any other error that the function reports; its message names the cause and the remedy. */
export const otherCodes: Cause = cause(39, 'The function reports another error', (seen) =>
  reportedAs(seen, ({ code }) => !elsewhere.includes(code)),
)

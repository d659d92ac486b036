import type { SshHost } from '../../../local/servers/sshd.ts'
import type { SecretTypeUnderTest, Target } from '../../contract/secret-type.ts'
import type { FunctionUnderTest } from '../../support/function-under-test.ts'
import type { SecretsManager } from '../../support/secrets-manager.ts'
import {
  hostState,
  logsIn,
  pemIn,
  readKeys,
  secretPartsOf,
  testKey,
  writeKeys,
  writtenKeyIn,
} from '../../support/ssh.ts'

export const sshKeyFunction: FunctionUnderTest = { id: 'SshKey', module: 'functions/ssh/key.ts' }

/** What a secret says of a host. */
export function hostFields({ host, port, hostKeys, account }: SshHost): Readonly<Record<string, unknown>> {
  // In a host of its own the file is where it is anywhere.
  const path = account.uid === undefined ? { authorized_keys_path: account.keys } : {}
  return { host, port, host_keys: hostKeys, ...path }
}

/** What a secret says of an account on hosts, besides the key. */
export function accountFields(hosts: readonly SshHost[]): Readonly<Record<string, unknown>> {
  return { username: hosts[0]?.account.username ?? '', hosts: hosts.map(hostFields) }
}

/** The fields of a jump host, which has a key of its own in a secret. */
export async function hopFields(
  host: SshHost,
  { store }: Pick<SecretsManager, 'store'>,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { pem, line } = await testKey()
  await writeKeys(host, `${line}\n`)
  const secret = { username: host.account.username, private_key: pem }
  return { ...hostFields(host), secret_arn: await store(JSON.stringify(secret)), ...fields }
}

export interface SshWish {
  /** Of the line of the first key. */
  readonly options?: string
  /** What stands before and after that line. */
  readonly around?: readonly [string, string]
  readonly fields?: Readonly<Record<string, unknown>>
  /** Fields of a host, by its place in the list. */
  readonly hosts?: readonly Readonly<Record<string, unknown>>[]
}

/** An account on hosts, whose first key is there, and the first value of its secret. */
export async function sshTarget(hosts: readonly SshHost[], wish: SshWish = {}): Promise<Target> {
  const { pem, line } = await testKey()
  const [before, after] = wish.around ?? ['', '']
  const fields = accountFields(hosts)
  const listed =
    wish.hosts === undefined ? {} : { hosts: hosts.map((host, n) => ({ ...hostFields(host), ...wish.hosts?.[n] })) }
  const value = JSON.stringify({ private_key: pem, ...fields, ...listed, ...wish.fields })
  // Hosts are shared by many targets: each adds its line, as in life.
  for (const host of hosts) {
    const options = wish.options === undefined ? '' : `${wish.options} `
    const others = await readKeys(host).catch(() => '')
    await writeKeys(host, `${others}${before}${options}${line} first@example${after || '\n'}`)
  }
  return {
    value,
    async works(text) {
      if (text.replace(writtenKeyIn(text), '') !== value.replace(writtenKeyIn(value), '')) {
        throw new Error('The value has changed in more than its key.')
      }
      for (const host of hosts) expectOthersUntouched(await readKeys(host), wish.around ?? [])
      const logins = await Promise.all(hosts.map((host) => logsIn(host, pemIn(text))))
      return !logins.includes(false)
    },
    snapshot: () => Promise.all(hosts.map(hostState)),
    sensitive: secretPartsOf,
    others: [],
    logins: [],
  }
}

/** Lines of others are there, and of one secret there are never more than three. */
function expectOthersUntouched(file: string, others: readonly string[]): void {
  if (others.some((text) => !file.includes(text))) throw new Error(`Lines of others have changed: ${file}`)
  const owners = [...file.matchAll(/keyturn:([0-9a-f]+):/g)].map(([, owner]) => owner)
  if (owners.some((owner) => owners.filter((other) => other === owner).length > 3)) throw new Error(`Too many: ${file}`)
}

/** The same with an admin, whose key alone changes the file. */
export async function sshTargetWithAdmin(hosts: readonly SshHost[], { store }: Pick<SecretsManager, 'store'>) {
  const { pem, line } = await testKey()
  const { username } = hosts[0]?.account ?? {}
  const arn = await store(JSON.stringify({ username, private_key: pem }))
  return sshTarget(hosts, { around: [`${line} admin\n`, '\n'], fields: { admin_secret_arn: arn } })
}

/** @param hosts of the fleet, which all targets share */
export function sshKey(hosts: readonly SshHost[], title = 'ssh key'): SecretTypeUnderTest {
  const make = (wish?: SshWish) => () => sshTarget(hosts, wish)
  return {
    title,
    server: `OpenSSH ${hosts[0]?.version}`,
    function: sshKeyFunction,
    oldValue: 'works',
    sequences: 2,
    fresh: make(),
    hostile: {
      'options with quotes, and blanks before them': make({
        options: '  environment="A=\\"x y\\",b" , no-pty'.replace(' , ', ','),
      }),
      'unknown fields, big numbers and __proto__': make({ fields: { ['__proto__']: { a: 1 }, z: [null] } }),
      'no newline at the end of the file, and a broken line before': make({ around: ['not a key\n', ' '] }),
    },
  }
}

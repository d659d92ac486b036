import { publicKeyLine } from '../../shared/ssh-protocol/public-key.ts'
import { parseKeySecret } from '../../shared/ssh-protocol/secret.ts'
import type { Target } from '../world/target.ts'

/** A file of a host. A crash leaves nothing of a file that was not written to the disk. */
export interface HostFile {
  readonly text: string
  readonly mtime: number
  readonly isDurable: boolean
}

/** The files of a host, by their paths. */
export type HostFiles = Readonly<Record<string, HostFile>>

export interface Hosts extends Target {
  readonly names: readonly string[]
  files(host: string): HostFiles
  /** Changes files, all or none of them; undefined removes one. */
  write(host: string, change: Readonly<Record<string, HostFile | undefined>>): void
  /** Whether a key logs in at a host; the key's line names it. */
  lets(host: string, line: string): boolean
  /** Counts crashes: sessions from before a crash are gone. */
  readonly crashes: number
}

export const keyFile = '/home/app/.ssh/authorized_keys'

interface State {
  readonly hosts: Readonly<Record<string, HostFiles>>
  readonly crashes: number
  readonly broken: ReadonlySet<string>
}

/** The line of the key in a SecretString. It is remembered, because the same few are looked at over and over. */
function lineIn(value: string): string {
  const known = lines.get(value)
  if (known !== undefined) return known
  const { key } = parseKeySecret(value)
  const line = key === undefined ? '' : publicKeyLine(key.publicKey)
  if (lines.size > 20_000) lines.clear()
  lines.set(value, line)
  return line
}
const lines = new Map<string, string>()

/** A line of somebody else, which no rotation may lose. */
const others =
  'from="10.0.0.1" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA somebody\n'

/**
 * @param names the names of the hosts; the file of each lets in one key
 * @param least how many of them must let a value in
 */
export function hosts(names: readonly string[], least: number, first: string): Hosts {
  const file = { text: `${others}${lineIn(first)} app\n`, mtime: 0, isDurable: true }
  return from(
    { hosts: Object.fromEntries(names.map((name) => [name, { [keyFile]: file }])), crashes: 0, broken: none },
    least,
  )
}

function from(before: State, least: number): Hosts {
  let state = before
  const names = Object.keys(state.hosts)
  const files = (host: string): HostFiles => state.hosts[host] ?? {}
  const text = (host: string) => files(host)[keyFile]?.text ?? ''
  const lets = (host: string, line: string) => line !== '' && text(host).includes(line)
  const change = (host: string, changed: HostFiles) => {
    const broken = changed[keyFile]?.text.startsWith(others) === true ? state.broken : lost
    state = { ...state, hosts: { ...state.hosts, [host]: changed }, broken }
  }
  return {
    names,
    files,
    lets,
    get crashes() {
      return state.crashes
    },
    get broken() {
      return state.broken
    },
    state: () => JSON.stringify([state.hosts]),
    copy: () => from(state, least),
    works: (value) => names.filter((host) => lets(host, lineIn(value))).length >= least,
    ...(least < names.length && {
      letsIn: (values) => names.every((host) => values.some((value) => lets(host, lineIn(value)))),
    }),
    write(host, written) {
      const kept = { ...files(host), ...written }
      change(host, Object.fromEntries(Object.entries(kept).filter(([, file]) => file !== undefined)) as HostFiles)
    },
    crash() {
      for (const host of names)
        change(host, Object.fromEntries(Object.entries(files(host)).filter(([, { isDurable }]) => isDurable)))
      state = { ...state, crashes: state.crashes + 1 }
    },
    mended(value) {
      // The operator puts the key of AWSCURRENT there once more.
      for (const host of names) {
        const file = { text: `${text(host)}${lineIn(value)} app\n`, mtime: 0, isDurable: true }
        if (!lets(host, lineIn(value))) change(host, { ...files(host), [keyFile]: file })
      }
      return value
    },
    acts: {
      password: {
        story: 'somebody writes the file of the first host anew, without our keys',
        act: () => change(names[0] ?? '', { [keyFile]: { text: others, mtime: 0, isDurable: true } }),
      },
    },
  }
}

const none: ReadonlySet<string> = new Set()
const lost: ReadonlySet<string> = new Set(['others-untouched'])

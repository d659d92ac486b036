import { type Sftp, SftpError } from '../../functions/ssh/sftp.ts'
import type { CallKind, Outside } from '../world/outside.ts'
import { type HostFile, type Hosts, keyFile } from './hosts.ts'

const [noSuchFile, failure, connectionLost] = [2, 4, 7]
const [regularFile, uid, gid] = [0o100_600, 1000, 1000]

/** A switch for the test of the tests. */
export interface SftpDefects {
  /** Empties the file and fills it afterwards, instead of replacing it by another one. */
  readonly inPlace?: boolean
  /** Writes the lines of this secret alone. */
  readonly dropsOthers?: boolean
}

/**
 * SFTP at a host of the model, for one session. Reads of things that never change are answered at once, and are no outside
 * calls.
 */
export function modelSftp(hosts: Hosts, host: string, outside: Outside, defects: SftpDefects = {}): Sftp {
  const { crashes } = hosts
  let isOver = false
  function at<T>(kind: CallKind, name: string, effect: () => T): Promise<T> {
    const ended = () => {
      isOver = true
      return new SftpError(name, connectionLost, undefined)
    }
    if (isOver) return Promise.reject(ended())
    return outside.call({
      kind,
      name: `${name} on ${host}`,
      effect() {
        if (crashes !== hosts.crashes) throw ended()
        return effect()
      },
      lost: ended,
      timedOut: ended,
    })
  }
  const now = () => Math.floor(outside.now() / 1_000)
  const known = (path: string): HostFile => {
    const file = hosts.files(host)[path]
    if (file !== undefined) return file
    throw new SftpError(path, noSuchFile, undefined)
  }
  const facts = ({ text, mtime }: HostFile) => ({ mode: regularFile, uid, gid, size: text.length, mtime })
  return {
    canReplace: true,
    realpath: async (path) => (path === '.' ? '/home/app' : path),
    stat: async (path) => facts(known(path)),
    read: (path) => at('look', `reads ${short(path)}`, () => ({ text: known(path).text, facts: facts(known(path)) })),
    create: (path, text, like) =>
      at('change', `makes ${short(path)}`, () => {
        if (hosts.files(host)[path] !== undefined) throw new SftpError(path, failure, undefined)
        const written = defects.dropsOthers ? text.replaceAll(/^.* somebody\n/gm, '') : text
        hosts.write(host, { [path]: { text: written, mtime: now(), isDurable: like !== undefined } })
      }),
    async replace(path, to) {
      const file = await at('change', defects.inPlace ? 'empties the file' : 'puts the new file there', () => {
        const found = known(path)
        hosts.write(host, {
          [path]: undefined,
          [to]: defects.inPlace ? { ...found, text: othersOf(found.text) } : found,
        })
        return found
      })
      if (defects.inPlace) await at('change', 'fills the file', () => hosts.write(host, { [to]: file }))
    },
    remove: (path) =>
      at('change', `removes ${short(path)}`, () => {
        known(path)
        hosts.write(host, { [path]: undefined })
      }),
    makeFolder: async () => undefined,
    // This call follows the lock, and nothing in between could make a difference.
    list: async () =>
      Object.entries(hosts.files(host)).map(([path, { mtime }]) => ({
        name: path.replace(/.*\//, ''),
        links: 1,
        mtime,
      })),
    space: async () => undefined,
  }
}

const othersOf = (text: string) => text.match(/^.* somebody\n/gm)?.join('') ?? ''

/** A path for the story, without the random part of its name. */
function short(path: string): string {
  if (path === keyFile) return 'the file'
  if (path.endsWith('-lock')) return 'the lock'
  return path.includes('-probe-') ? 'a probe' : 'the new file'
}

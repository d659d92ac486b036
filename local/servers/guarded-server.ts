import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { serverUser } from './server-user.ts'

/** A server that does not outlive this process. */
export interface GuardedServer {
  readonly process: ChildProcess
  /** Ends the server and removes its folder. */
  end(): Promise<void>
}

// The shell waits in a read, which ends when this process closes the pipe or has ended, even if it was killed.
// Then nobody reads the shell's own output, which is why it writes none. Ctrl-C in a terminal is meant for this
// process, which then ends the server.
const guard = `trap '' INT TERM HUP
exec 3<&0 4>&2 2>/dev/null
"$@" </dev/null 2>&4 3<&- 4>&- &
server=$!
{ read -r _; : >ended; kill -s "$SIGNAL" $server; } <&3 4>&- &
wait $server
code=$?
[ -e ended ] && cd / && rm -rf "$OLDPWD"
exit $code`

/**
 * Starts a server as the user that servers run as, and ends it when this process ends, however that may be.
 * @param folder everything it writes, and where it works; removed with it
 * @param signal the signal that ends the server at once
 * @param as the user, where it is not the one that servers run as
 */
export function guardedServer(
  folder: string,
  signal: 'KILL' | 'QUIT',
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  as: { readonly uid?: number; readonly gid?: number } = serverUser ?? {},
): GuardedServer {
  const child = spawn('sh', ['-c', guard, 'sh', ...command], {
    ...as,
    cwd: folder,
    env: { ...env, SIGNAL: signal },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  return {
    process: child,
    async end() {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
      child.stdin.end()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

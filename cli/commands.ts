import type { Command } from './command.ts'

interface Entry {
  /** One line of `keyturn --help`. */
  readonly summary: string
  /** Loads the subcommand when it is run, so that `keyturn --help` need not wait for the SDK. */
  load(): Promise<{ readonly default: Command }>
}

/** The subcommands by name. Each has a file in `commands/`. */
export const commands: Readonly<Record<string, Entry>> = {
  status: {
    summary: 'a line per secret: state, function, last and next rotation, age of the value',
    load: () => import('./commands/status.ts'),
  },
  rotate: {
    summary: 'rotates a secret now, and shows each step until it is certain how it ended',
    load: () => import('./commands/rotate.ts'),
  },
  revoke: {
    summary: 'for a value that has leaked: rotates until it is dead, and proves it',
    load: () => import('./commands/revoke.ts'),
  },
  doctor: {
    summary: 'finds out why a rotation fails, and says what mends it',
    load: () => import('./commands/doctor.ts'),
  },
  history: {
    summary: 'the rotations of a secret, how they ended, and who else has written it',
    load: () => import('./commands/history.ts'),
  },
  adopt: {
    summary: "hands secrets that AWS's own functions rotate to one of Keyturn, and back",
    load: () => import('./commands/adopt.ts'),
  },
}

import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, rmdir, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from '../../../local/servers/postgres.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { quoted, type TestServer, testServer } from '../../support/postgres.ts'
import type { RotationByHand } from '../../support/secrets-manager.ts'
import { loginIn } from '../databases/secret-string.ts'
import { alternatingUsers, singleUser } from './secret-types.ts'

/** Room for a data folder and the first segment of its log, and little more. */
const size = '96m'

/** Only root may mount a disk of its own, and not in every container. */
function mounted(folder: string): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=1777`, 'tmpfs', folder], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be mounted'
  }
}

const disk = await mkdtemp(join(tmpdir(), 'keyturn-full-disk-'))
const why = mounted(disk)
if (why !== undefined) {
  await rmdir(disk)
  describe.skip(`NOT TESTED: a PostgreSQL on a full disk, which takes root (the answer of one is): ${why}`, () =>
    undefined)
} else {
  describe('a PostgreSQL whose disk is full', { meta: { server: 'PostgreSQL 15 (on a disk of its own)' } }, () => {
    let started: PostgresServer
    let server: TestServer
    const filler = join(disk, 'filler')

    beforeAll(async () => {
      const usual = process.env.TMPDIR
      process.env.TMPDIR = disk
      started = await startPostgres(15, { wal_level: 'minimal', max_wal_senders: '0', max_wal_size: '32MB' })
      if (usual === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = usual
      server = testServer(15, started, async (after) => started.log().slice(after))
    })
    afterAll(async () => {
      await started[Symbol.asyncDispose]()
      execFileSync('umount', [disk])
      await rmdir(disk)
    })

    /** Until a role cannot be changed any more: a snapshot that is held keeps the space of its old versions in use. */
    async function fill(role: string): Promise<AsyncDisposable> {
      const holder = await server.admin()
      await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
      await holder.query('SELECT 1 FROM pg_authid')
      const { bavail, bsize } = await statfs(disk)
      await writeFile(filler, Buffer.alloc(bavail * bsize))
      const change = () => server.query(`ALTER ROLE ${role} CONNECTION LIMIT 50`).then(() => undefined)
      let code: unknown
      while (code === undefined) code = await change().catch((error: { code?: string }) => error.code)
      expect(code).toBe('53100')
      return holder
    }

    for (const [name, typeOn] of [
      ['single-user', () => singleUser(server)],
      ['alternating-users', () => alternatingUsers(server, 'existing')],
    ] as const) {
      it(`${name}: says so, changes nothing, and goes on when there is room`, async () => {
        const suite = await suiteFor(typeOn())
        await using _ = suite.secrets
        const target = await suite.stored()
        await using _holder = await fill(quoted(loginIn(target.value).username))
        let begun: RotationByHand | undefined
        const before = async (rotation: RotationByHand) => {
          begun = rotation
        }
        const error = await expectFailure(suite, target, { code: 'DatabaseFailed', step: 'setSecret', before })
        expect(error.errorMessage).toContain("The server's disk is full.")
        expect(error.errorMessage).toContain('Trying again can help.')
        await rm(filler)
        await begun?.run('setSecret', 'testSecret', 'finishSecret')
        await begun?.end()
        expect(await target.works(await target.stagedValue('AWSCURRENT'))).toBe(true)
      })
    }
  })
}

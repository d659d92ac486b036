import { readFileSync, writeFileSync } from 'node:fs'
import { utimes, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { startSshd } from '../../../local/servers/sshd.ts'
import type { FaultGate } from '../../contract/fault-gate.ts'
import { suiteFor } from '../../contract/suite.ts'
import { allWell, rotated } from '../../functions/ssh/rotation.ts'
import { hostFields, sshKey, sshTarget } from '../../functions/ssh/secret-types.ts'
import { saidBy } from '../../support/outcome.ts'
import { fourSteps } from '../../support/secrets-manager.ts'
import { sftpGate } from '../../support/sftp-gate.ts'
import { slowReads } from '../../support/slow-reads.ts'
import { readKeys, writeKeys } from '../../support/ssh.ts'
import { isRoot } from '../hosts.ts'

/** Does something when an operation comes by, before it goes on or when it has been done. */
let intrude: { readonly at: string; readonly when: 'before' | 'after'; do(): void } | undefined
const gate: FaultGate = {
  arm: () => undefined,
  calls: [],
  fired: false,
  arrive: (name) => ({
    leaves: () => passed(name, 'before'),
    answers: () => passed(name, 'after'),
  }),
}
function passed(name: string, when: 'before' | 'after'): true {
  if (intrude?.at === name && intrude.when === when) intrude.do()
  return true
}

const gated = await sftpGate(gate)
const host = await startSshd({ sftp: isRoot ? gated.command : 'internal-sftp' })
gated.serve(host)
const type = sshKey([host])
const slow = slowReads(type.function.id, 4_000)
const suite = await suiteFor({
  ...type,
  function: { ...type.function, timeoutMs: 9_000 },
  secretsManager: { intercept: slow.intercept },
})
const { secrets } = suite
afterAll(async () => {
  await secrets[Symbol.asyncDispose]()
  await gated[Symbol.asyncDispose]()
  await host[Symbol.asyncDispose]()
})

const path = host.path(host.account.keys)
const fresh = async () => {
  intrude = undefined
  await writeKeys(host, '# first line\n')
  return suite.stored(() => sshTarget([host]))
}
const [read, write] = [() => readFileSync(path, 'latin1'), (text: string) => writeFileSync(path, text, 'latin1')]

describe.skipIf(!isRoot)('somebody else who edits the file at the same time', { meta: { server: type.server } }, () => {
  it('has read it after us and written before us: the text is kept', async () => {
    const target = await fresh()
    let times = 0
    intrude = { at: 'fsync', when: 'before', do: () => void (times++ === 0 && write(`${read()}# of theirs\n`)) }
    expect((await rotated(secrets, target.secretId)).outcomes).toEqual(allWell)
    const text = await readKeys(host)
    expect(text).toMatch(/^# first line\n[\s\S]*# of theirs\n$/)
    expect(text).toContain('keyturn:')
    expect(times).toBe(2)
  })

  it('has read it before us and written after us: our line is put there again, and the text is kept', async () => {
    const target = await fresh()
    const before = read()
    let times = 0
    intrude = { at: 'posix-rename', when: 'after', do: () => void (times++ === 0 && write(`${before}# of theirs\n`)) }
    expect((await rotated(secrets, target.secretId)).outcomes).toEqual(allWell)
    expect(await readKeys(host)).toContain('# of theirs')
    expect(times).toBe(2)
  })

  it('never stops: the error says to try again, and the file is as they wrote it', async () => {
    const target = await fresh()
    let times = 0
    intrude = { at: 'fsync', when: 'before', do: () => write(`${read()}# ${times++}\n`) }
    const { outcomes, message } = await rotated(secrets, target.secretId)
    expect(outcomes).toEqual(['succeeded', 'KeyFileBusy'])
    expect(message).toContain('Trying again can help.')
    expect(await readKeys(host)).toContain(`# ${times - 1}\n`)
  })

  it('is a run of ours: its lock is respected, and is taken over when that run must have ended', async () => {
    const target = await fresh()
    const lock = `${path}.keyturn-lock`
    await writeFile(lock, 'keyturn:another:run')
    const age = (seconds: number) => utimes(lock, Date.now() / 1_000 - seconds, Date.now() / 1_000 - seconds)
    const rotation = await secrets.begin(target.secretId)
    await rotation.run('createSecret')
    // A run takes 7.5 seconds, and clocks may differ by 5: with slow reads before it, too.
    await age(6)
    const held = await slow.during(() => rotation.attempt('setSecret'))
    expect(held).toMatchObject({ error: { errorType: 'KeyFileBusy' } })
    expect(saidBy(held)).toContain('.keyturn-lock')
    await age(3_600)
    await rotation.run('createSecret', 'setSecret', 'testSecret', 'finishSecret')
    // The lock of a run that was killed before it wrote its name holds for two seconds.
    const other = await fresh()
    await writeFile(lock, '')
    expect((await rotated(secrets, other.secretId)).outcomes).toEqual(allWell)
  })

  it('is a rotation of another secret: both end, and both keys are there', async () => {
    intrude = undefined
    await writeKeys(host, '')
    const targets = [await suite.stored(() => sshTarget([host])), await suite.stored(() => sshTarget([host]))]
    for (let round = 0; round < 4; round++) {
      await Promise.all(targets.map(({ secretId }) => secrets.rotate(secretId)))
      for (const target of targets) {
        const { AWSCURRENT = '', AWSPREVIOUS = '' } = await target.staged()
        expect([await target.works(AWSCURRENT), await target.works(AWSPREVIOUS)]).toEqual([true, true])
      }
    }
  })
})

describe.skipIf(!isRoot)('a server that dies in the rename', { meta: { server: type.server } }, () => {
  it.each(['before', 'after'] as const)(
    '%s it is done is NoAnswer at once, and the next attempt ends the rotation',
    async (when) => {
      const target = await fresh()
      const before = await readKeys(host)
      intrude = { at: 'posix-rename', when, do: () => gated.die() }
      const { rotation, outcomes, message } = await rotated(secrets, target.secretId)
      expect(outcomes).toEqual(['succeeded', 'NoAnswer'])
      expect(message).toMatch(/ended while .* was changed \(\w+ .*Trying again can help\.$/)
      if (when === 'before') expect(await readKeys(host)).toBe(before)
      else expect(await readKeys(host)).toContain('keyturn:')
      intrude = undefined
      await rotation.run(...fourSteps)
      await target.expectPromoted(rotation, target.value)
    },
  )
})

describe.skipIf(!isRoot)('a host that cannot replace a file in one moment', { meta: { server: type.server } }, () => {
  it('is named in the error, and nothing is changed there', async () => {
    const plain = await startSshd({ sftp: 'internal-sftp -P posix-rename' })
    await using _end = plain
    await using own = (await suiteFor(sshKey([plain]))).secrets
    const target = await sshTarget([plain], { hosts: [hostFields(plain)] })
    const before = await readKeys(plain)
    const { outcomes, message } = await rotated(own, await own.store(target.value))
    expect(outcomes).toEqual(['succeeded', 'KeyFileUnsafe'])
    expect(message).toContain('no posix-rename')
    expect(await readKeys(plain)).toBe(before)
  })
})

describe('runs for one version at once', { meta: { server: type.server } }, () => {
  it('may be many, and begin at any moment: all end well, and the key is there once', async () => {
    await using plain = await startSshd()
    const suite = await suiteFor(sshKey([plain]))
    await using secrets = suite.secrets
    for (let round = 0; round < 30; round++) {
      await writeKeys(plain, '')
      const rotation = await secrets.begin(await secrets.store((await sshTarget([plain])).value))
      await rotation.run('createSecret')
      const runs = [0, 1, 2, 3].map(async (n) => {
        await sleep(n * ((round * 7) % 40))
        return rotation.attempt('setSecret')
      })
      for (const outcome of await Promise.all(runs)) {
        expect(saidBy(outcome), `round ${round}`).toBe('')
      }
      expect((await readKeys(plain)).match(/keyturn:/g)).toHaveLength(1)
    }
  })
})

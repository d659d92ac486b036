import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { edited, hasLine, hasUnknown, marksOf } from '../../../functions/ssh/authorized-keys.ts'
import { expiryFor } from '../../../functions/ssh/expiry.ts'
import { saidIn, shortName } from '../../../shared/ssh-protocol/marks.ts'
import { opensshPem } from '../../../shared/ssh-protocol/pem.ts'
import { parsePrivateKey } from '../../../shared/ssh-protocol/private-key.ts'
import { type PublicKey, publicKeyLine } from '../../../shared/ssh-protocol/public-key.ts'
import { keyWithSeed } from '../../support/ssh-keygen.ts'

const key = (seed: number): PublicKey => parsePrivateKey(opensshPem(keyWithSeed(seed), ''), '').publicKey
const [previous, current, pending, foreign, orphan] = [1, 2, 3, 4, 5].map(key) as [
  PublicKey,
  PublicKey,
  PublicKey,
  PublicKey,
  PublicKey,
]
const line = publicKeyLine
const [owner, mark] = ['keyturn:abc:', 'keyturn:abc:three']
const wanted = { current, pending, previous, owner, mark, expiry: undefined }
const edit = (text: string) => edited(text, wanted)

describe('the new line', () => {
  it('has the options of the old one, and stands in a line of its own', () => {
    for (const options of [
      'from="10.0.0.0/8",no-pty',
      'command="echo \\"ssh-ed25519 AAAA\\" # x",restrict',
      'environment="A=b c",environment="D=cert-authority,e"',
      'expiry-time="20991231"',
    ]) {
      const old = `${options} ${line(current)} deploy\n`
      expect(edit(old)).toBe(`${options} ${line(pending)} deploy ${mark}\n${old}`)
    }
  })

  it('keeps letters beyond ASCII in the comment of the old one', () => {
    const [voila, marker] = [Buffer.from('voilà keyturn:abc:two').toString('latin1'), ' keyturn:abc:two']
    const comment = voila.slice(0, -marker.length)
    expect(edit(`${line(current)} ${voila}\n`)).toBe(`${line(pending)} ${comment} ${mark}\n${line(current)} ${voila}\n`)
  })

  it('needs no newline at the end of the file, and has CRLF where the old one has it', () => {
    expect(edit(line(current))).toBe(`${line(pending)} ${mark}\n${line(current)}`)
    expect(edit(`${line(current)}\r\n# end`)).toBe(`${line(pending)} ${mark}\r\n${line(current)}\r\n# end`)
  })

  it('is there for each line that the old key has', () => {
    const twice = `expiry-time="20200101" ${line(current)}\nfrom="10.1.1.1" ${line(current)}\n`
    expect(
      edit(twice)
        ?.split('\n')
        .filter((each) => each.includes(line(pending))),
    ).toEqual([`expiry-time="20200101" ${line(pending)} ${mark}`, `from="10.1.1.1" ${line(pending)} ${mark}`])
  })

  it('is made once: a second edit changes nothing', () => {
    const once = edit(`${line(previous)}\n${line(current)} x keyturn:abc:two\n`) ?? ''
    expect(edit(once)).toBe(once)
    expect(once).toBe(`${line(pending)} x ${mark}\n${line(current)} x keyturn:abc:two\n`)
  })

  it('takes the options of the key before on a host that was left behind, as the current key does', () => {
    const restored = `${owner}restored:of=${shortName(current)}:after=${shortName(previous)}`
    const behind = `no-pty ${line(previous)} x\n`
    expect(edit(behind)).toBe(`no-pty ${line(pending)} x ${mark}\nno-pty ${line(current)} x ${restored}\n`)
  })

  it('is not made up where neither the current key nor the one before is there', () => {
    expect(edit('')).toBeUndefined()
    expect(edit(`${line(foreign)}\n`)).toBeUndefined()
    expect(edit(`# ${line(current)}\n`)).toBeUndefined()
    expect(edit(`${line(current)},disabled x\n`)).toBeUndefined()
    expect(edit(`cert-authority ${line(current)}\n`)).toBeUndefined()
    expect(edit(`\xef\xbb\xbf${line(current)}\n`)).toBeUndefined()
    expect(edit(`command="x ${line(current)}" ${line(foreign)}\n`)).toBeUndefined()
  })

  it('goes to the end for an account that had none', () => {
    const first = { ...wanted, current: undefined, previous: undefined }
    expect(edited('', first)).toBe(`${line(pending)} ${mark}\n`)
    expect(edited(`${line(foreign)}`, first)).toBe(`${line(foreign)}\n${line(pending)} ${mark}\n`)
  })
})

describe('the key that is removed', () => {
  it('is the one that the mark of the current key names, also where nothing else tells that it was ours', () => {
    const text = `${line(previous)} by hand\n${line(current)} keyturn:abc:two:after=${shortName(previous)}\n`
    const unread = { ...wanted, previous: undefined }
    expect(edited(text, unread)).toBe(
      `${line(pending)} ${mark}\n${line(current)} keyturn:abc:two:after=${shortName(previous)}\n`,
    )
    expect(saidIn(marksOf(text, current, owner), 'after')).toEqual([shortName(previous)])
    expect(marksOf(text, current, 'keyturn:other:')).toEqual([])
    expect(edited(text.replace('keyturn:abc', 'keyturn:abd'), unread)).toContain('by hand')
  })

  it('is the one before the current key, and each one that dropped rotations of this secret have left', () => {
    const text = `${line(previous)} me\n${line(orphan)} keyturn:abc:dropped:of=${shortName(orphan)}\n${line(current)}\n`
    expect(edit(text)).toBe(`${line(pending)} ${mark}\n${line(current)}\n`)
    // They may as well be of a rotation that has begun since.
    expect(hasUnknown(text, wanted)).toBe(true)
    expect(hasUnknown(text, { ...wanted, previous: orphan })).toBe(false)
  })

  it('is never one that somebody has put behind a copy of our comment', () => {
    const copied = `${line(foreign)} bob, as in keyturn:abc:two:of=${shortName(current)}\n`
    expect(edit(`${line(current)}\n${copied}`)).toContain(copied)
  })

  it('is never a key of another secret, of another kind of line, or one that is still in use', () => {
    const others = [
      `${line(foreign)} keyturn:abd:other`,
      `cert-authority ${line(previous)}`,
      `# ${line(previous)}`,
      `sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t keyturn`,
      'not a key at all, and \x00\xff bytes',
      '',
    ].join('\n')
    expect(edit(`${others}\n${line(current)}\n`)).toBe(`${others}\n${line(pending)} ${mark}\n${line(current)}\n`)
    const same = edited(`${line(current)}\n`, { ...wanted, previous: current })
    expect(same).toContain(line(current))
  })

  it('goes without a change to any other byte of the file', () => {
    const binary = readFileSync(process.execPath).subarray(0, 40_000).toString('latin1').replaceAll('keyturn', 'k')
    for (const before of ['\r\n\r\n', '\t # x\n', `${binary}\n`, `${'x'.repeat(20_000)}\n`]) {
      for (const after of ['', '\n', `\n${binary}`]) {
        const result = edit(`${before}${line(current)}${after}`) ?? ''
        const end = after === '' || after.startsWith('\n') ? '\n' : ''
        expect(result).toBe(`${before}${line(pending)} ${mark}${end}${line(current)}${after}`)
      }
    }
  })
})

describe('the expiry time of the key before', () => {
  const expiry = '20261128120000Z'
  const limited = { ...wanted, expiry }
  const ends = `keyturn:abc:expires:of=${shortName(previous)}`
  const [fresh, last] = [`${line(pending)} ${mark}\n`, `${line(current)} keyturn:abc:two\n`]
  const ending = `expiry-time="${expiry}",no-pty ${line(previous)} first keyturn:abc:one ${ends}\n`

  it('is written on its line once, and on no other one', () => {
    const text = `no-pty ${line(previous)} first keyturn:abc:one\n${line(orphan)} keyturn:abc:x:of=${shortName(orphan)}\n${last}`
    const once = edited(text, limited) ?? ''
    expect(once).toBe(ending + fresh + last)
    expect(edited(once, { ...limited, expiry: '20270101000000Z' })).toBe(once)
    expect(edited(`${line(previous)}\n${last}`, limited)).toContain(
      `expiry-time="${expiry}" ${line(previous)} ${ends}\n`,
    )
  })

  it('is removed where it is not asked for any more', () => {
    expect(edited(ending + last, wanted)).toBe(fresh + last)
  })

  it('does not keep the next rotation from removing the line', () => {
    const next = { ...limited, current: pending, pending: foreign, previous: current }
    expect(hasUnknown(ending + fresh + last, next)).toBe(false)
    const text = edited(ending + fresh + last, next) ?? ''
    expect(text).not.toContain(line(previous))
    expect(text).toContain(`expiry-time="${expiry}" ${line(current)}`)
  })

  it('is taken off a key that is current again, and its copies do not have it', () => {
    const back = { ...limited, current: previous, previous: current }
    const before = `no-pty ${line(previous)} first keyturn:abc:one\n`
    expect(edited(ending, back)).toBe(`no-pty ${line(pending)} first ${mark}\n${before}`)
    // Where the current key is missing, both come from the line of the one before.
    const [copied = '', restored = '', rest] = edited(ending, limited)?.split(/(?<=\n)/) ?? []
    expect([copied, restored].join('')).not.toContain('expiry-time')
    expect(restored).toContain(line(current))
    expect(rest).toBe(ending)
  })

  it('stays beside one that somebody else has set, and the earlier of the two counts', () => {
    const theirs = `expiry-time="20300101" ${line(previous)}\n`
    const text = edited(theirs + last, limited) ?? ''
    expect(text).toContain(`expiry-time="${expiry}",expiry-time="20300101" ${line(previous)}`)
    expect(edited(text, { ...limited, current: previous, previous: current })).toContain(theirs)
  })

  it('is in UTC, and only for servers that take it in UTC', () => {
    const now = Date.UTC(2026, 10, 28, 11, 30, 15, 999)
    for (const software of ['OpenSSH_9.2p1', 'OpenSSH_9.2p1 Debian-2', 'OpenSSH_10.0p2'])
      expect(expiryFor(software, 36, now)).toBe('20261129233015Z')
    for (const software of ['OpenSSH_9.1', 'OpenSSH_8.4p1', 'OpenSSH_for_Windows_9.5', 'dropbear_2024.85', ''])
      expect(expiryFor(software, 36, now)).toBeUndefined()
    expect(expiryFor('OpenSSH_9.2p1', 0, now)).toBeUndefined()
  })
})

describe('the lines of a key', () => {
  it('are found by the decoded key, with our marks in their comments', () => {
    const text = `  no-pty   ${current.type}  ${current.blob.toString('base64')}   a comment keyturn:one:x\n${line(foreign)} b\n`
    expect(hasLine(text, current)).toBe(true)
    expect(hasLine(text, pending)).toBe(false)
    expect(marksOf(text, current, 'keyturn:one:')).toEqual(['keyturn:one:x'])
    expect(marksOf(text, foreign, 'keyturn:one:')).toEqual([])
  })
})

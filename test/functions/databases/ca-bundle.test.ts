import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { selfSignedCertificate } from '../../../local/servers/certificate.ts'
import { certificatesIn } from '../../../shared/network/pem-bundle.ts'
import { expectFailure } from '../../contract/failure.ts'
import { suiteFor } from '../../contract/suite.ts'
import { postgresServer } from '../../support/postgres.ts'
import { holds } from '../../support/property.ts'
import { serverFiles } from '../../support/server-files.ts'
import { singleUser } from '../postgres/secret-types.ts'
import { expectRotates, withEnv } from './tls-cases.ts'

const server = await postgresServer(18)
const other = (await selfSignedCertificate(['other.internal'])).certificate
const pem = `${other}\n${server.ca}`
const quoted = (text: string) => `"${text}"`

/** Ways in which shells, consoles and templates spoil a PEM text, each with one reading left. */
const spoilt: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'line ends as \\n in two characters': (text) => text.replaceAll('\n', '\\n'),
  'line ends as \\r\\n in four characters': (text) => text.replaceAll('\n', '\\r\\n'),
  'blanks for line ends': (text) => text.replaceAll('\n', ' '),
  CRLF: (text) => text.replaceAll('\n', '\r\n'),
  'quotes around it': quoted,
  'quotes around it and \\n in two characters': (text) => quoted(text.replaceAll('\n', '\\n')),
  'a byte order mark': (text) => `\ufeff${text}`,
  'text before the certificates': (text) => `# authorities of the company\n${text}`,
}

describe('DATABASE_CA_BUNDLE', { meta: { server: server.label } }, () => {
  it.each(Object.entries(spoilt))('is read with %s', async (_, spoil) => {
    await expectRotates(withEnv(singleUser(server), { DATABASE_CA_BUNDLE: spoil(pem) }))
  })

  it('is read as a path with quotes around it', async () => {
    await using files = await serverFiles({ ca: pem })
    await expectRotates(withEnv(singleUser(server), { DATABASE_CA_BUNDLE: ` "${files.paths.ca}"\n` }))
  })

  it.each([
    ['is cut short in its last certificate', pem.slice(0, -100), '2 certificates begin in it, and 1 are whole'],
    [
      'is cut short within a line',
      `${pem.slice(0, pem.indexOf('-----END') - 30)}\n-----END CERTIFICATE-----`,
      'cannot be read',
    ],
    ['is a private key', '-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----', 'holds no certificate'],
    ['is the word BEGIN alone', '-----BEGIN CERTIFICATE-----', '1 certificates begin in it, and 0 are whole'],
    ['is the path of a folder', '/etc', 'neither PEM nor the path'],
  ])('that %s is InvalidConfiguration', async (_, value, says) => {
    const suite = await suiteFor(withEnv(singleUser(server), { DATABASE_CA_BUNDLE: value }))
    await using _secrets = suite.secrets
    const failure = { code: 'InvalidConfiguration', step: 'setSecret' } as const
    expect((await expectFailure(suite, await suite.stored(), failure)).errorMessage).toContain(says)
  })
})

describe('certificatesIn', () => {
  it('gives the same certificates where the text was spoilt in two ways', async () => {
    const wanted = [other, server.ca].map((each) => new X509Certificate(each).fingerprint256)
    const ways = fc.constantFrom(...Object.values(spoilt))
    await holds(
      fc.property(ways, ways, (one, another) => {
        const found = certificatesIn(another(one(pem))).map((each) => new X509Certificate(each).fingerprint256)
        expect(found).toEqual(wanted)
      }),
      100,
    )
  })

  it('never gives fewer certificates than begin in a text that was cut', async () => {
    await holds(
      fc.property(fc.nat(pem.length), (length) => {
        const text = pem.slice(0, length)
        const begun = text.split('-----BEGIN').length - 1
        try {
          expect(certificatesIn(text)).toHaveLength(begun)
        } catch (error) {
          expect(String(error)).toMatch(/are whole|cannot be read/)
        }
      }),
      100,
    )
  })
})

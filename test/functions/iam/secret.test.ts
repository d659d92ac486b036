import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { parseAccessKeySecret, withKey } from '../../../functions/iam/secret.ts'
import { RotationError } from '../../../shared/errors/rotation-error.ts'

const id = 'AKIAIOSFODNN7EXAMPLE'
const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const next = { id: 'AKIAI44QH8DHBEXAMPLE', secretKey: 'je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY' }
const written = (value: object) =>
  JSON.parse(withKey(parseAccessKeySecret(JSON.stringify(value)), next, 'eu-west-1').text)

describe('the fields of an access key', () => {
  it.each([
    ['api_key', 'secret_key'],
    ['AccessKeyId', 'SecretAccessKey'],
    ['accessKeyId', 'secretAccessKey'],
    ['access_key_id', 'secret_access_key'],
    ['aws_access_key_id', 'aws_secret_access_key'],
    ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  ])('may be %s and %s; all others stay where they were', (idField, secretField) => {
    const value = { first: [null], [secretField]: secretKey, [idField]: id, last: { a: 1 } }
    const now = written(value)
    expect(now).toEqual({ ...value, [secretField]: next.secretKey, [idField]: next.id })
    expect(Object.keys(now)).toEqual(Object.keys(value))
  })

  it.each([
    ['no key', {}, 'has no access key'],
    ['the names of a prototype', { constructor: 'x' }, 'has no access key'],
    ['two keys', { api_key: id, secret_key: secretKey, AccessKeyId: id }, 'has two keys'],
    ['no secret half', { api_key: id }, '"secret_key"'],
    ['an empty secret half', { api_key: id, secret_key: '' }, '"secret_key"'],
    ['a secret half with a line break', { api_key: id, secret_key: `${secretKey}\n` }, '"secret_key"'],
    ['a number for an id', { api_key: 1, secret_key: secretKey }, '"api_key"'],
    ['an id with a blank', { api_key: ` ${id}`, secret_key: secretKey }, '"api_key"'],
    ['temporary credentials', { api_key: id.replace('AKIA', 'ASIA'), secret_key: secretKey }, 'temporary credentials'],
    ['a list for a user', { api_key: id, secret_key: secretKey, user_name: [] }, '"user_name"'],
    ['a Region that is none', { api_key: id, secret_key: secretKey, smtp_region: 'a b' }, '"smtp_region"'],
  ])('%s: refused, without showing a value', (_, value, words) => {
    const error = caught(() => parseAccessKeySecret(JSON.stringify(value)))
    expect(error).toMatchObject({ code: 'InvalidSecret', message: expect.stringContaining(words) })
    expect(error.message).not.toContain(secretKey.slice(0, 12))
  })
})

describe('the SMTP password of Amazon SES', () => {
  it("is the one that the developer guide's script makes, for the Region of the secret or the function", () => {
    const pair = { api_key: id, secret_key: secretKey, smtp_username: id, smtp_password: '' }
    expect(written(pair)).toEqual({
      api_key: next.id,
      secret_key: next.secretKey,
      smtp_username: next.id,
      smtp_password: byPython('eu-west-1'),
    })
    expect(written({ ...pair, smtp_region: 'us-gov-west-1' }).smtp_password).toBe(byPython('us-gov-west-1'))
  })

  it('is not made where the secret has no field for it', () => {
    expect(written({ api_key: id, secret_key: secretKey })).toEqual({ api_key: next.id, secret_key: next.secretKey })
  })

  function byPython(region: string): string {
    const script = `
import base64, hashlib, hmac, sys
def sign(key, text): return hmac.new(key, text.encode(), hashlib.sha256).digest()
key, region = sys.argv[1:]
signature = sign(('AWS4' + key).encode(), '11111111')
for part in (region, 'ses', 'aws4_request', 'SendRawEmail'): signature = sign(signature, part)
print(base64.b64encode(bytes([4]) + signature).decode())`
    return execFileSync('python3', ['-c', script, next.secretKey, region], { encoding: 'utf8' }).trim()
  }
})

function caught(act: () => unknown): RotationError {
  try {
    act()
  } catch (error) {
    if (error instanceof RotationError) return error
    throw error
  }
  throw new Error('Nothing was thrown.')
}

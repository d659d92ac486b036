import { describe, expect, it } from 'vitest'
import type { Call } from '../../local/secrets-manager/service/calls.ts'
import { quotable } from '../../shared/rotation/redact.ts'
import { generatedValue } from '../functions/generated-value/secret-type.ts'
import { piecesOf } from '../support/pieces.ts'
import { randomPassword } from '../support/random.ts'
import { secretsManagerFor } from '../support/secrets-manager.ts'

describe('words of others', () => {
  it('are quoted whole or not at all', () => {
    for (const length of [0, 1, 500, 512, 1999, 2000]) expect(quotable('x'.repeat(length))).toBe('x'.repeat(length))
    for (const length of [2001, 4_000_000]) {
      expect(quotable('x'.repeat(length))).toBe(`a message of ${length} characters, which is too long to be quoted`)
    }
  })

  it('of Secrets Manager leave no part of a secret value in log and error, wherever in them it stands', async () => {
    const password = randomPassword()
    let said = ''
    const intercept = ({ caller, operation }: Call) => {
      if (caller !== generatedValue.function.id || operation !== 'PutSecretValue') return undefined
      return { error: { type: 'AccessDeniedException', message: said } }
    }
    await using secrets = await secretsManagerFor(generatedValue.function, { intercept })
    const rotation = await secrets.begin(await secrets.store(JSON.stringify({ password })))
    for (const edge of [0, 480, 490, 499, 1980, 1999, 2010]) {
      said = `${'x'.repeat(edge)}${password}${'y'.repeat(20)}`
      const outcome = await rotation.attempt('createSecret')
      expect(outcome).toMatchObject({ ok: false, error: { errorType: 'AccessDenied' } })
      expect(piecesOf(password).filter((piece) => secrets.output().includes(piece))).toEqual([])
    }
    expect(secrets.output()).toContain(`${'x'.repeat(480)}[redacted]`)
    expect(secrets.output()).toContain('too long to be quoted')
  })
})

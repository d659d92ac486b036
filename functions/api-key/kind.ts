import type { Kind } from '../../shared/described/kind.ts'
import { ours } from '../../shared/errors/words.ts'
import { bundled } from './bundled.ts'
import { refusedProviders } from './refused.ts'

export const apiKeyKind: Kind = {
  noun: ours('key'),
  value: 'api_key',
  id: 'key_id',
  second: 'secret_key',
  secrets: [],
  bundled,
  refused: refusedProviders,
}

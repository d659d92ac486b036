import { parseJsonObject } from '../../shared/json-secret.ts'
import { RotationError } from '../../shared/rotation/errors.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import { rotationHandler } from '../../shared/rotation-handler.ts'
import { settings } from './settings.ts'

/** The text of the secret, and its fields where it is a JSON object. */
interface GeneratedSecret {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>> | undefined
}

const { fields, generate } = settings()

/**
 * Secrets that live in Secrets Manager alone: signing keys, webhook and basic-auth secrets, whose producer and consumer
 * both read them there. Nothing outside has to be told, so `set` does nothing.
 */
const generatedValue: SecretType<GeneratedSecret> = {
  name: 'generated-value',
  sensitive: fields,
  overlap: true,
  parse(text) {
    if (!text.trimStart().startsWith('{')) return { text, json: undefined }
    const json = parseJsonObject(text)
    for (const field of fields) {
      if (typeof json[field] === 'string') continue
      const remedy = `Put "${field}" into the secret, or set VALUE_FIELDS to the fields that it has.`
      throw new RotationError('InvalidSecret', `"${field}" is not a text field of the secret.`, { remedy })
    }
    if ('engine' in json || 'masterarn' in json) {
      const likely = 'It is a database login; this function would change the secret and not the database.'
      throw new RotationError('InvalidSecret', 'The secret has a field "engine" or "masterarn".', { likely })
    }
    return { text, json }
  },
  serialize: ({ text }) => text,
  async create({ current }) {
    const { json } = await current()
    if (json === undefined) return { text: generate(), json }
    const next = { ...json, ...Object.fromEntries(fields.map((field) => [field, generate()])) }
    return { text: JSON.stringify(next), json: next }
  },
  async set() {},
  async test({ pending: { text, json } }) {
    // Reading it back has proved that the value is stored, decrypts and has its fields; an empty one is of no use.
    const values = json === undefined ? [text] : fields.map((field) => json[field])
    if (values.includes('')) throw new RotationError('InvalidSecret', 'The pending value is empty.')
  },
}

export const handler = rotationHandler(generatedValue)

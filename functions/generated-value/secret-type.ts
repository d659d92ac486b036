import { RotationError } from '../../shared/errors/rotation-error.ts'
import { ours, say } from '../../shared/errors/words.ts'
import { parseJsonObject } from '../../shared/json-secret.ts'
import { fails, untried, version, works } from '../../shared/rotation/finding.ts'
import type { SecretType } from '../../shared/rotation/secret-type.ts'
import { checkKind } from './other-kinds.ts'
import type { Settings } from './settings.ts'

/** The text of the secret, and its fields where it is a JSON object. */
interface GeneratedSecret {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>> | undefined
}

/**
 * Secrets that live in Secrets Manager alone: signing keys, webhook and basic-auth secrets, whose producer and consumer
 * both read them there. Nothing outside has to be told, so there is nothing to set.
 */
export function generatedValue({ fields, check, generate }: Settings): SecretType<GeneratedSecret> {
  const valuesOf = ({ text, json }: GeneratedSecret) =>
    json === undefined ? [text] : fields.map((field) => String(json[field]))
  return {
    overlap: true,
    sensitive: valuesOf,
    parse(text) {
      const json = text.trimStart().startsWith('{') ? parseJsonObject(text) : undefined
      if (check) checkKind(text, json, fields)
      if (json === undefined) return { text, json }
      for (const field of fields) {
        if (typeof json[field] === 'string') continue
        const remedy = say`Put "${ours(field)}" into the secret, or set VALUE_FIELDS to the fields that it has.`
        throw new RotationError('InvalidSecret', say`"${ours(field)}" is not a text field of the secret.`, { remedy })
      }
      return { text, json }
    },
    serialize: ({ text }) => text,
    async create({ current }, random) {
      const { json } = await current()
      if (json === undefined) return { text: generate(random), json }
      const next = { ...json, ...Object.fromEntries(fields.map((field) => [field, generate(random)])) }
      return { text: JSON.stringify(next), json: next }
    },
    async test({ pending }) {
      // Reading it back has proved that the value is stored, decrypts and has its fields; an empty one is of no use.
      if (valuesOf(pending).includes('')) throw new RotationError('InvalidSecret', say`The pending value is empty.`)
    },
    async probe(versions) {
      const inUse = ['AWSCURRENT', 'AWSPENDING']
      return versions.map((each) => {
        if (!each.labels.some((label) => inUse.includes(label)))
          return untried(version(each), say`It can be read. Whether somebody still accepts it, only those know who do.`)
        if (!valuesOf(each.secret).includes('')) return works(version(each), say`The value can be read.`)
        return fails(version(each), new RotationError('InvalidSecret', say`The value is empty.`))
      })
    },
  }
}

import { toJsonSchema } from '@valibot/to-json-schema'
import { definitions, description } from '../../../functions/oauth/description.ts'

/** The JSON Schema of entries, for editors: what the functions themselves check by, said in JSON. */
export function providerSchema(): unknown {
  const schema = toJsonSchema(description, { definitions, target: 'draft-2020-12' })
  return JSON.parse(JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema }))
}

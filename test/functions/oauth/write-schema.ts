import { writeFile } from 'node:fs/promises'
import { providerSchema } from './schema.ts'

const file = new URL('../../../docs/oauth-provider.schema.json', import.meta.url)
await writeFile(file, `${JSON.stringify(providerSchema(), undefined, 2)}\n`)

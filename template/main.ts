/** `npm run template`: writes template.yaml and templates/*.yaml from the rows. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { templates } from './templates.ts'

for (const [path, text] of Object.entries(templates()))
  await writeFile(fileURLToPath(new URL(`../${path}`, import.meta.url)), text)

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zipTemplates } from '../template/templates.ts'
import type { Part } from './part.ts'

/** template.yaml and a template for each target, beside the zips that they name: CloudFormation takes them without SAM. */
export const templates: Part = {
  what: 'the templates',
  async make({ folder }) {
    for (const [name, text] of Object.entries(zipTemplates())) await writeFile(join(folder, name), text)
  },
}

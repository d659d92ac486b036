import { templateOf } from './render.ts'
import { rows, targets } from './rows.ts'

/** All templates of the repository: their text by their path in it. */
export function templates(): Record<string, string> {
  const ofTargets = Object.entries(targets).map(([folder, target]): [string, string] => [
    `templates/${folder}.yaml`,
    templateOf(
      rows.filter((row) => row.folder === folder),
      target,
    ),
  ])
  return { 'template.yaml': templateOf(rows), ...Object.fromEntries(ofTargets) }
}

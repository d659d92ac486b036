import { dataOf, optionTypesOf } from './constructs.ts'
import { templateOf } from './render.ts'
import { rows } from './rows.ts'
import { targets } from './targets.ts'

/** The texts of all templates of the repository, for `sam build`, and of the files for the CDK construct, by their paths. */
export function templates(): Record<string, string> {
  const ofTargets = Object.entries(targets).map(([folder, target]): [string, string] => [
    `templates/${folder}.yaml`,
    templateOf(
      rows.filter((row) => row.folder === folder),
      target,
    ),
  ])
  return {
    'template.yaml': templateOf(rows),
    ...Object.fromEntries(ofTargets),
    'cdk/made/template.json': dataOf(rows),
    'cdk/made/options.ts': optionTypesOf(rows),
  }
}

/** The texts of a release's templates, by their names. They stand beside the zips, and CloudFormation alone deploys them. */
export function zipTemplates(): Record<string, string> {
  const ofTargets = Object.entries(targets).map(([folder, target]): [string, string] => [
    `${folder}.yaml`,
    templateOf(
      rows.filter((row) => row.folder === folder),
      target,
      'zips',
    ),
  ])
  return { 'template.yaml': templateOf(rows, undefined, 'zips'), ...Object.fromEntries(ofTargets) }
}

import { dataOf, optionTypesOf } from './constructs.ts'
import { templateOf } from './render.ts'
import { rows } from './rows.ts'
import { targets } from './targets.ts'

/** All templates of the repository, for `sam build`, and what the construct for CDK is made from: their text by their path in it. */
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

/** The same for the zips of a release, beside which they stand: their text by their name. CloudFormation alone deploys them. */
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

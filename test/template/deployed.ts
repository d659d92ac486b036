import { rows } from '../../template/rows.ts'
import type { SecretTypeUnderTest } from '../contract/secret-type.ts'

const folders = [...new Set(rows.map(({ folder }) => folder))]
const modules: { readonly deployed: readonly SecretTypeUnderTest[] }[] = await Promise.all(
  folders.map((folder) => import(`../functions/${folder}/deployed.ts`)),
)

/** What the functions of the templates rotate: each target says it in its folder of test/functions. */
export const deployed = modules.flatMap((module) => module.deployed)

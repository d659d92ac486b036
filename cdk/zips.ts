import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { OptionsOf } from './made/options.ts'

/** Where the zips are, from here: in the npm package, and in a checkout after `npm run release`. */
const folders = ['../zips/', '../dist/']

/** The zip of a function. @throws Error where there is none */
export function zipOf(name: keyof OptionsOf): string {
  const places = folders.map((folder) => fileURLToPath(new URL(`${folder}${name}.zip`, import.meta.url)))
  const found = places.find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new Error(
    `There is no ${places.join(' and no ')}. In a checkout, "npm run release" makes them; or name another zip (zip).`,
  )
}

/** `npm run release`: makes the files that are published, out of this checkout. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { commandLine } from '../local/commands/command-line.ts'
import packageJson from '../package.json' with { type: 'json' }
import { checksums, codeHashes } from './checksums.ts'
import { bundledFunctions, root } from './functions.ts'
import { npmPackage } from './package/package.ts'
import type { Part } from './part.ts'
import { sboms } from './sbom.ts'
import { templates } from './template.ts'
import { zips } from './zips.ts'

const help = `Makes a release of this checkout: a zip for each function, templates that point at the zips, SBOMs, the npm package,
checksums. The same checkout gives the same bytes. Nothing is published. docs/releases.md says what is in it.

  npm run release -- [--out FOLDER]

  --out FOLDER  where it goes: dist, unless given. A release that is there already is replaced
  --help        this text

Exit code: 0 it is made, 1 it could not be made, and the folder is as before, 2 wrong arguments.
`

/** The parts are made in this order; each finds the files of the earlier ones in the folder. */
const parts: readonly Part[] = [zips, sboms, templates, codeHashes, npmPackage, checksums]

const cli = commandLine('npm run release', help)
const { values } = cli.parse({
  options: { out: { type: 'string', default: join(root, 'dist') }, help: { type: 'boolean', default: false } },
})
const out = resolve(values.out)
const there = await readdir(out).catch((error: NodeJS.ErrnoException): string[] =>
  error.code === 'ENOENT' ? [] : cli.fail(`${out} is no folder that can be read (${error.code}).`),
)
if (there.length > 0 && !there.includes('SHA256SUMS'))
  cli.fail(`${out} is not empty and holds no release. Name an empty folder, or one that does not exist.`)

// npm pack takes the permissions of files over: under another umask nobody else could read the installed package.
process.umask(0o022)
const { version } = packageJson
const say = (text: string) => process.stderr.write(`${text}\n`)
// A run that is killed here leaves the release before, whole.
const folder = join(dirname(out), `.${basename(out)}-${process.pid}`)
try {
  await mkdir(folder, { recursive: true })
  say(`Keyturn ${version}: bundles the functions`)
  const functions = await bundledFunctions(version)
  for (const part of parts) {
    say(`Keyturn ${version}: ${part.what}`)
    await part.make({ folder, version, functions })
  }
  await rm(out, { recursive: true, force: true })
  await rename(folder, out)
  process.stdout.write(`${relative(process.cwd(), out) || '.'}: ${(await readdir(out)).length} files\n`)
} catch (error) {
  await rm(folder, { recursive: true, force: true })
  cli.fail(error instanceof Error ? error.message : String(error), 1)
}

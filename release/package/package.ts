import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Metafile } from 'esbuild'
import { bundleCommand } from '../../cli/bundle.ts'
import { functionFiles } from '../../local/embedded/function-names.ts'
import { root } from '../functions.ts'
import { noticeOf } from '../notice.ts'
import { packagesIn } from '../packages.ts'
import type { Part } from '../part.ts'
import { bundles } from './bundles.ts'
import { packed } from './contents.ts'
import { entries, manifest } from './manifest.ts'
import { pages } from './pages.ts'
import { declarations } from './types.ts'

/** `keyturn-0.1.0.tgz`: the package for npm, with the command, the Secrets Manager for tests, the construct and the zips. */
export const npmPackage: Part = {
  what: 'the npm package',
  async make({ folder, version, functions }) {
    const work = await mkdtemp(join(tmpdir(), 'keyturn-package-'))
    try {
      const { files, metafiles } = await bundles(root, entries)
      const command = await bundleCommand(join(work, 'command', 'keyturn.mjs'))
      await executable(join(work, 'command', 'keyturn.mjs'))
      await write(work, {
        ...files,
        ...(await declarations(root, entries)),
        // Overdue is not among them: it rotates nothing, and functionZip does not know it.
        'zips.br': packed(functions.filter(({ id }) => id in functionFiles)),
        // keyturn doctor recognises released code by this list.
        'command/code-sha256.json': await readFile(join(folder, 'code-sha256.json')),
        'package.json': `${JSON.stringify(manifest(), undefined, 2)}\n`,
        LICENSE: await readFile(join(root, 'LICENSE')),
        NOTICE: await notice(version, [...metafiles, command]),
        ...(await pages(root, folder)),
      })
      await pack(work, folder)
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  },
}

async function executable(path: string): Promise<void> {
  await writeFile(path, `#!/usr/bin/env node\n${await readFile(path, 'utf8')}`, { mode: 0o755 })
}

/** The NOTICE of the package. The zips have their own, and contain no other packages than the bundles. */
async function notice(version: string, metafiles: readonly Metafile[]): Promise<string> {
  const inputs = Object.assign({}, ...metafiles.map((each) => each.inputs))
  const outputs = Object.assign({}, ...metafiles.map((each) => each.outputs))
  const packages = await packagesIn({ inputs, outputs }, root)
  return noticeOf({ id: 'The npm package', version, root, packages })
}

async function write(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

/** @throws Error with npm's words */
async function pack(work: string, folder: string): Promise<void> {
  const args = ['pack', '--ignore-scripts', '--loglevel', 'error', '--pack-destination', folder]
  await promisify(execFile)('npm', args, { cwd: work }).catch((error: { stderr?: string }) => {
    throw new Error(`npm pack failed:\n${error.stderr ?? error}`)
  })
}

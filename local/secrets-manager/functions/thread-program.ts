import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundling } from './bundle.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
// What stays out of a bundle is found from here.
const folder = join(repository, 'node_modules', '.cache', 'keyturn')
const outdatedAfterMs = 24 * 60 * 60_000

interface Program {
  readonly path: string
  /** The project's own files that went in. */
  readonly sources: readonly string[]
  /** Milliseconds since the epoch. */
  readonly builtAt: number
}

const programs = new Map<string, Promise<Program>>()

/**
 * What a worker thread runs: the host and one function, as a JavaScript file with a source map, made anew when a source
 * has changed. A thread that took the TypeScript itself would need twice the time to start, because Node strips types
 * with WebAssembly; and threads with WebAssembly that come and go end the whole process now and then: V8 of Node 24 does
 * not keep account of its code across threads ("Check failed: jit_page.has_value()"; nodejs/node#64500).
 * @param module path of the module that exports `handler`
 * @returns the file's path
 * @throws with esbuild's own words where the module or one of its imports does not parse or is not there
 */
export async function threadProgram(module: string): Promise<string> {
  const known = programs.get(module)
  const program = await known?.catch(() => undefined)
  if (program && (await isUpToDate(program))) return program.path
  // Whoever comes first makes it for all.
  const making = programs.get(module)
  const made = making === undefined || making === known ? makeProgram(module) : making
  programs.set(module, made)
  return (await made).path
}

async function isUpToDate({ path, sources, builtAt }: Program): Promise<boolean> {
  try {
    const [, ...changes] = await Promise.all([path, ...sources].map(async (file) => (await stat(file)).mtimeMs))
    return changes.every((at) => at < builtAt)
  } catch {
    // One of them is gone.
    return false
  }
}

async function makeProgram(module: string): Promise<Program> {
  const builtAt = Date.now()
  // Relative, because esbuild takes a star in a path for a pattern, and the repository's own may have one.
  const [host, handler] = [join(import.meta.dirname, 'function-host.ts'), module].map(
    (path) => `./${relative(repository, path)}`,
  )
  const contents = `import { serve } from ${JSON.stringify(host)}\nserve(() => import(${JSON.stringify(handler)}))`
  const { outputFiles, metafile } = await build({
    ...bundling,
    stdin: { contents, resolveDir: repository },
    ...{ outdir: folder, write: false, metafile: true, absWorkingDir: repository },
    ...{ sourcemap: 'inline', sourcesContent: false, logLevel: 'silent' },
  })
  const sources = Object.keys(metafile.inputs)
    .filter((input) => input !== '<stdin>' && !input.includes('node_modules/'))
    .map((input) => join(repository, input))
  const name = `${basename(module).replace(/\.\w+$/, '')}-${hash(module)}-`
  return { path: await stored(name, outputFiles[0]?.contents ?? new Uint8Array()), sources, builtAt }
}

/** Its content is in its name: other processes read the file at any time, and may be of other sources. */
async function stored(name: string, program: Uint8Array): Promise<string> {
  const path = join(folder, `${name}${hash(program)}.cjs`)
  const half = `${path}.${randomUUID()}`
  await mkdir(folder, { recursive: true })
  try {
    await writeFile(half, program)
    await rename(half, path)
  } finally {
    await rm(half, { force: true })
  }
  await removeOutdated()
  return path
}

async function removeOutdated(): Promise<void> {
  for (const file of await readdir(folder)) {
    const path = join(folder, file)
    const { mtimeMs = Date.now() } = (await stat(path).catch(() => undefined)) ?? {}
    if (Date.now() - mtimeMs > outdatedAfterMs) await rm(path, { force: true })
  }
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 12)
}

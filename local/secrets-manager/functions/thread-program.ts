import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundling } from './bundle.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
// Node finds the packages that are not in a bundle from here.
const folder = join(repository, 'node_modules', '.cache', 'keyturn')
const outdatedAfterMs = 24 * 60 * 60_000

interface Program {
  readonly path: string
  /** The bundled files, each with a mark that changes when the file does. */
  readonly sources: Readonly<Record<string, string>>
}

const programs = new Map<string, Promise<Program>>()

/**
 * Makes the program of a worker thread: the host and one function, as a JavaScript file with its source map beside it, anew when
 * a source has changed. A thread that took the TypeScript itself would need twice the time to start, because Node strips types
 * with WebAssembly; and threads with WebAssembly that come and go end the whole process now and then: V8 of Node 24 does
 * not keep account of its code across threads ("Check failed: jit_page.has_value()"; nodejs/node#64500).
 * @param module path of the module that exports `handler`
 * @returns the file's path
 * @throws with esbuild's own words where the module or one of its imports does not parse or is not there
 */
export async function threadProgram(module: string): Promise<string> {
  const known = programs.get(module)
  const program = await (known ?? remembered(module)).catch(() => undefined)
  if (program && (await isUpToDate(program))) return program.path
  // The first caller makes it for all others.
  const making = programs.get(module)
  const made = making === undefined || making === known ? makeProgram(module) : making
  programs.set(module, made)
  return (await made).path
}

async function isUpToDate({ path, sources }: Program): Promise<boolean> {
  try {
    const marks = Object.entries(sources).map(async ([file, mark]) => (await markOf(file)) === mark)
    return (await Promise.all([stat(path), stat(`${path}.map`), ...marks])).every(Boolean)
  } catch {
    // One of the files is gone.
    return false
  }
}

async function markOf(file: string): Promise<string> {
  const { mtimeMs, size } = await stat(file)
  return `${mtimeMs} ${size}`
}

/** Takes the program that an earlier process has made: the suites of a test run are processes of their own. */
async function remembered(module: string): Promise<Program> {
  return JSON.parse(await readFile(memoryOf(module), 'utf8'))
}

const memoryOf = (module: string) => join(folder, `${nameOf(module)}.json`)

/** Files that decide about a program besides its own sources: they say how it is made, and which packages are installed. */
const makers = [
  fileURLToPath(import.meta.url),
  join(import.meta.dirname, 'bundle.ts'),
  join(repository, 'node_modules', '.package-lock.json'),
]

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
    outdir: folder,
    write: false,
    metafile: true,
    absWorkingDir: repository,
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'silent',
  })
  const own = Object.keys(metafile.inputs)
    .filter((input) => input !== '<stdin>' && !input.includes('node_modules/'))
    .map((input) => join(repository, input))
  const sources: Record<string, string> = {}
  for (const file of [...own, ...makers]) {
    const { mtimeMs } = await stat(file)
    // A file that was written during the build is not trusted.
    sources[file] = mtimeMs < builtAt ? await markOf(file) : 'changed meanwhile'
  }
  const [map, program] = ['.map', '.js'].map(
    (end) => outputFiles.find((file) => file.path.endsWith(end))?.contents ?? new Uint8Array(),
  ) as [Uint8Array, Uint8Array]
  const path = join(folder, `${nameOf(module)}-${hash(program)}.cjs`)
  await store(`${path}.map`, map)
  await store(path, program)
  await store(memoryOf(module), JSON.stringify({ path, sources }))
  await removeOutdated()
  return { path, sources }
}

function nameOf(module: string): string {
  return `${basename(module).replace(/\.\w+$/, '')}-${hash(module)}`
}

/** Other processes read the file at any time: they find it whole. A program's content is in its name. */
async function store(path: string, content: string | Uint8Array): Promise<void> {
  const half = `${path}.${randomUUID()}`
  await mkdir(folder, { recursive: true })
  try {
    await writeFile(half, content)
    await rename(half, path)
  } finally {
    await rm(half, { force: true })
  }
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

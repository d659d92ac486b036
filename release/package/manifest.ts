import packageJson from '../../package.json' with { type: 'json' }

/** The modules that users import, by the name after `keyturn/`. */
export const entries = {
  cdk: 'cdk/rotation-function.ts',
  local: 'local/embedded/start.ts',
  zips: 'release/package/zips.ts',
} as const satisfies Readonly<Record<string, string>>

/** The package's own package.json, made of the repository's. Everything is bundled, so that npm installs nothing else. */
export function manifest(): Readonly<Record<string, unknown>> {
  const { name, version, description, license } = packageJson
  const exported = Object.keys(entries).map((entry) => [
    `./${entry}`,
    { types: `./${entry}.d.ts`, default: `./${entry}.js` },
  ])
  return {
    name,
    version,
    description,
    license,
    keywords: ['aws', 'secrets-manager', 'rotation', 'lambda', 'local', 'testing', 'cdk'],
    // jest and most CDK applications can load CommonJS without further settings.
    type: 'commonjs',
    bin: { keyturn: 'command/keyturn.mjs' },
    exports: { ...Object.fromEntries(exported), './package.json': './package.json' },
    // keyturn/cdk alone needs these.
    peerDependencies: { 'aws-cdk-lib': '^2.200.0', constructs: '^10.0.0' },
    peerDependenciesMeta: { 'aws-cdk-lib': { optional: true }, constructs: { optional: true } },
    engines: { node: '>=22' },
  }
}

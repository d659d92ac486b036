// Which versions of what moves by itself a run of the gate has used: Debian's packages, tools from PyPI, what is in the
// images. Everything that package-lock.json pins is not among them.
//   node .ci/versions.mjs          prints them, and what has changed since the last green run that was kept
//   node .ci/versions.mjs --keep   keeps them in docs/measurements.md, to be committed after a green run
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'keyturn')
const page = fileURLToPath(new URL('../docs/measurements.md', import.meta.url))
const block = /(## Versions of the last green run\n[\s\S]*?```text\n)([^`]*)(```)/

const folders = (path) => (existsSync(path) ? readdirSync(path).sort() : [])

/** The package that a folder was made for, and the library whose versions have changed most for us. */
function debian() {
  return folders(join(cache, 'debian')).flatMap((name) => {
    const file = join(cache, 'debian', name, 'versions.json')
    if (!existsSync(file)) return []
    const [, suite, main] = /^([a-z]+)-[a-z0-9]+-(.+)$/.exec(name) ?? []
    const versions = JSON.parse(readFileSync(file, 'utf8'))
    return [main, 'libssl3', 'libssl3t64', 'libssl1.1']
      .filter((each) => versions[each] !== undefined)
      .map((each) => [`debian ${suite} ${main}${each === main ? '' : `, ${each}`}`, versions[each]])
  })
}

function pypi() {
  return folders(cache).flatMap((name) => {
    const pip = join(cache, name, 'bin', 'pip')
    if (!existsSync(pip)) return []
    const list = JSON.parse(execFileSync(pip, ['list', '--format', 'json'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
    return list
      .filter((each) => ['aws-sam-cli', 'cfn-lint', 'awscli', 'moto', 'boto3', 'botocore'].includes(each.name))
      .map((each) => [`pypi ${each.name} (${name})`, each.version])
  })
}

/** Written by .ci/containers, which has the engine: `image package version`. */
function images() {
  const file = join(cache, 'image-versions.txt')
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean)
  return lines.map((line) => [`image ${line.split(' ').slice(0, -1).join(' ')}`, line.split(' ').at(-1)])
}

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } })
const now = new Map([['node', process.versions.node], ['node openssl', process.versions.openssl], ...debian(), ...pypi(), ...images()])
const text = readFileSync(page, 'utf8')
const kept = new Map(
  (block.exec(text)?.[2] ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
)

if (values.keep) {
  // What this run did not have (no Docker, for instance) stays as it was.
  const lines = [...new Map([...kept, ...now])].sort(([a], [b]) => (a < b ? -1 : 1)).map((pair) => pair.join(' '))
  writeFileSync(page, text.replace(block, (_, head, _old, tail) => `${head}${lines.join('\n')}\n${tail}`))
} else {
  console.log('Versions of what moves by itself:')
  for (const [name, version] of now) {
    const before = kept.get(name)
    const changed = before === undefined ? '   NEW' : before === version ? '' : `   CHANGED, was ${before}`
    console.log(`  ${name} ${version}${changed}`)
  }
  const gone = [...kept.keys()].filter((name) => !now.has(name))
  if (gone.length > 0) console.log(`  not in this run: ${gone.join(', ')}`)
}

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inject } from 'vitest'
import packageJson from '../../../package.json' with { type: 'json' }
import { repositoryPath } from '../../support/function-under-test.ts'

/** The package as it is published. */
export const tarball = join(inject('release'), `keyturn-${packageJson.version}.tgz`)

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A project with the installed package, and nothing of this repository but some links. */
export interface Project extends AsyncDisposable {
  readonly folder: string
  write(files: Readonly<Record<string, string>>): Promise<void>
  /** Runs a program in it to its end. */
  run(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>
}

/**
 * Installs the tarball into an empty folder. The registry can't be asked: there is nothing that it would be asked for.
 * @param links packages of the repository that are to be there, too
 */
export async function installedProject(...links: readonly string[]): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'keyturn-installed-'))
  const project: Project = {
    folder,
    async write(files) {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true })
        await writeFile(join(folder, name), text)
      }
    },
    run: (program, args, env = {}) =>
      new Promise((resolve, reject) => {
        const all = { ...process.env, ...env }
        execFile(program, args, { cwd: folder, env: all }, (error, stdout, stderr) => {
          if (error && typeof error.code !== 'number') reject(error)
          else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
        })
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
  await project.write({ 'package.json': '{ "private": true, "type": "module" }' })
  const quiet = ['--ignore-scripts', '--offline', '--no-audit', '--no-fund', '--loglevel', 'error']
  const { code, stderr } = await project.run('npm', ['install', ...quiet, tarball])
  if (code !== 0) throw new Error(`npm install failed:\n${stderr}`)
  for (const name of links) {
    await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true })
    await symlink(repositoryPath(`node_modules/${name}`), join(folder, 'node_modules', name))
  }
  return project
}

/** A file that a page in docs shows, after `<!-- file: NAME -->`. */
export async function fileOf(page: string, name: string): Promise<string> {
  const text = await readFile(repositoryPath(page), 'utf8')
  const [, code] = new RegExp(`<!-- file: ${RegExp.escape(name)} -->\n\`\`\`\\w+\n(.*?)^\`\`\``, 'ms').exec(text) ?? []
  if (code === undefined) throw new Error(`${page} shows no ${name}`)
  return code
}

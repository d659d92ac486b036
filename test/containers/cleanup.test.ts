import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { repositoryPath } from '../support/function-under-test.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { docker, label, removeLeftovers, removeRun, runName } from './docker.ts'
import { engine } from './engines.ts'

/** Makes the containers of a run: one with the label, as LocalStack's, and one in its network alone, as SAM's. */
async function run(pid: number): Promise<string> {
  const name = runName.replace(/\d+$/, String(pid))
  onTestFinished(() => removeRun(name))
  await docker('network', 'create', '--label', `${label}=${name}`, name)
  const { image } = engine('postgres')
  await docker('run', '-d', '--label', `${label}=${name}`, '--entrypoint', 'sleep', image, '600')
  await docker('run', '-d', '--network', name, '--entrypoint', 'sleep', image, '600')
  expect(await leftOf(name)).toHaveLength(3)
  return name
}

async function leftOf(name: string): Promise<readonly string[]> {
  const labelled = await docker('ps', '-aq', '--filter', `label=${label}=${name}`)
  const networks = await docker('network', 'ls', '-q', '--filter', `name=^${name}$`)
  const inNetwork = networks === '' ? '' : await docker('ps', '-aq', '--filter', `network=${name}`)
  return (labelled + inNetwork + networks).split('\n').filter(Boolean)
}

const ended = () => spawnSync('true').pid

describe('what a run has left', () => {
  it('is removed by its reaper when its process is killed: containers, network and folder', async () => {
    const [name, folder] = [await run(ended()), await temporaryFolder()]
    // What holds the reaper's pipe is killed, and says nothing to it.
    const script = `require('node:child_process').spawn(process.execPath, process.argv.slice(1),
      { detached: true, stdio: ['pipe', 'ignore', 'ignore'] }); console.log('started')`
    const holder = spawn(process.execPath, ['-e', script, repositoryPath('test/containers/reaper.ts'), name, folder])
    await once(holder.stdout, 'data')
    expect(await leftOf(name)).toHaveLength(3)
    holder.kill('SIGKILL')
    await expect.poll(() => leftOf(name), { timeout: 30_000 }).toEqual([])
    await expect.poll(() => existsSync(folder)).toBe(false)
  })

  it('is removed by the next run when the reaper was killed, too, and nothing of a run that goes on', async () => {
    const gone = await run(ended())
    const here = await run(process.pid)
    await removeLeftovers()
    expect([await leftOf(gone), (await leftOf(here)).length]).toEqual([[], 3])
  })
})

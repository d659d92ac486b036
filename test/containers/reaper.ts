import { rm } from 'node:fs/promises'
import { removeRun } from './docker.ts'

// A process of its own, which outlives the one that runs the tests: when that ends, in any way, the pipe to here is
// closed. testcontainers' own reaper is an image that not every machine can pull, and does not know SAM's containers.
const [run = '', folder = ''] = process.argv.slice(2)
process.stdin.resume()
process.stdin.once('close', async () => {
  await removeRun(run)
  await rm(folder, { recursive: true, force: true })
})

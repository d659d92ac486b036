import { browserPath } from '../support/browser.ts'
import { isRoot } from './hosts.ts'

/** Tests that cannot run on this machine are left out, which must not look like a success. */
export default function setup(): void {
  if (!isRoot) leftOut('Hosts with accounts and file systems of their own need root (chroot, mount)')
  if (browserPath() === undefined) leftOut('The page of a run needs Chromium (apt-get install chromium, for instance)')
}

function leftOut(what: string): void {
  if (process.env.CI) throw new Error(`${what}, and CI must try it.`)
  process.stderr.write(`\n${'!'.repeat(80)}\n${what}: what needs it is SKIPPED.\n${'!'.repeat(80)}\n\n`)
}

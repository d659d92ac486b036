import { isRoot } from './hosts.ts'

/** What cannot be tried as anybody else than root is left out, and nobody should take that for a success. */
export default function setup(): void {
  if (isRoot) return
  const what = 'Hosts with accounts and file systems of their own need root (chroot, mount)'
  if (process.env.CI) throw new Error(`${what}, and CI must try them.`)
  process.stderr.write(`\n${'!'.repeat(80)}\n${what}: their suites are SKIPPED.\n${'!'.repeat(80)}\n\n`)
}

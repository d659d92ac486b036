import type { Reporter, TestModule, TestSuite } from 'vitest/node'

declare module 'vitest' {
  interface TaskMeta {
    /** What a suite ran against, for instance "PostgreSQL 18.4". */
    server?: string
  }
}

/** Says at the end of a run which suite was proved on which server, and which did not run at all. */
export default class ServersReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]) {
    const rows = modules.flatMap((module) => [...module.children.allSuites()].flatMap(row))
    const broken = modules.filter((module) => module.children.size === 0 && module.state() === 'failed')
    const width = Math.max(0, ...rows.map(([suite]) => suite.length))
    if (rows.length > 0) console.log('\n Servers\n')
    for (const [suite, server] of rows) console.log(`  ${suite.padEnd(width)}  ${server}`)
    for (const { relativeModuleId } of broken) console.log(`  DID NOT RUN: ${relativeModuleId} (see its error above)`)
  }
}

function row(suite: TestSuite): [string, string][] {
  const { server } = suite.meta()
  if (server === undefined) return []
  const state = suite.state() === 'failed' ? ' (failed)' : ''
  return [[suite.fullName, server + state]]
}

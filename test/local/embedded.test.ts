import { relative } from 'node:path'
import { expect, test } from 'vitest'
import { functionFiles } from '../../local/embedded/function-names.ts'
import { checkNode } from '../../local/embedded/refusals.ts'
import { discoverFunctions, functionsFolder } from '../../local/functions.ts'

// What is embedded is tested as it is installed: test/delivery/embedded.test.ts.

test('the functions of the npm package are those of the repository', async () => {
  const files = Object.entries(await discoverFunctions()).map(
    ([id, path]) => [id, relative(functionsFolder, path).replace(/\.ts$/, '')] as const,
  )
  expect(Object.entries(functionFiles)).toEqual(files)
})

test('a Node that is too old is named', () => {
  expect(() => checkNode('20.19.6')).toThrow('keyturn/local needs Node 22 or newer, and this is Node 20.19.6.')
  for (const version of ['22.0.0', '24.21.0', '100.1.0']) checkNode(version)
})

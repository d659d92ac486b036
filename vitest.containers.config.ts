import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/containers/*.test.ts'],
    globalSetup: 'test/containers/setup.ts',
    // An invocation in a container takes seconds, and so does the start of a server.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
})

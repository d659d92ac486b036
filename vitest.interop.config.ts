import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    globalSetup: 'test/support/servers.ts',
    reporters: ['default', 'test/support/servers-reporter.ts'],
    testTimeout: 120_000,
    // The first time, a server is downloaded.
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
})

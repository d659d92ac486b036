import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/providers/**/*.test.ts'],
    globalSetup: ['test/providers/setup.ts', 'test/support/servers.ts'],
    reporters: ['default', 'test/support/servers-reporter.ts'],
    // Penalties are waited for, 20 seconds each, and releases of OpenSSH are downloaded once.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
})

import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They have configurations of their own: npm run test:containers, test:versions, test:providers, test:delivery and test:interop.
    exclude: [
      ...configDefaults.exclude,
      'test/containers/**',
      'test/versions/**',
      'test/providers/**',
      'test/delivery/**',
      'test/interop/**',
    ],
    globalSetup: 'test/support/servers.ts',
    reporters: ['default', 'test/support/servers-reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
})

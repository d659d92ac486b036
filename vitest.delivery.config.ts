import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/delivery/**/*.test.ts'],
    globalSetup: 'test/delivery/setup.ts',
    // A release is built and packed, packages are installed, and stacks are synthesised.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
})

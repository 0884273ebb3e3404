import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/helper/build.ts'],
    include: ['test/integration/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 600_000,
    pool: 'forks',
    // One file at a time: they share real servers on fixed ports.
    fileParallelism: false,
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'page/**/*.test.ts', 'tests/**/*.test.ts'],
    // Each worker loads libtorch; two cores are the machine this project is sized for.
    pool: 'forks',
    maxWorkers: 2,
    env: { AHA_THREADS: '1' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

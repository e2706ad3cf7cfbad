import path from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

/** `npm run test:long`: whole sweeps instead of samples (tests/support/long.ts). */
const LONG = process.env.AHA_LONG === '1';

/** Unit tests that need a process of their own: they count what is live in it over time, or change what all of it uses. */
const ALONE = [
  'src/app/cli/interrupt.test.ts',
  // A recording that fails leaves torch's random generator of the GPU in it.
  'src/inference/engine/recorder.test.ts',
  'src/models/adapter.test.ts',
  'src/models/checkpoint.test.ts',
  'src/models/safetensors.test.ts',
  'src/rl/reward/model.test.ts',
  'src/serving/process/*.test.ts',
  'src/torch/base.test.ts',
  'src/torch/interrupt.test.ts',
];

export default defineConfig({
  // Recipes import `@aha-r1/aha`: here the sources that are tested, and not what was compiled of them.
  resolve: { alias: [{ find: /^@aha-r1\/aha$/, replacement: path.resolve('src/index.ts') }] },
  test: {
    // Each worker loads libtorch; two cores are the machine this project is sized for.
    pool: 'forks',
    maxWorkers: 2,
    env: { AHA_THREADS: '1' },
    testTimeout: LONG ? 600_000 : 60_000,
    hookTimeout: 60_000,
    setupFiles: LONG ? ['./tests/support/long-properties.ts'] : [],
    reporters: LONG ? ['default', './tests/support/summary.ts'] : ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'page/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...ALONE],
          // Loading libtorch and the sources once a file would take most of the time.
          isolate: false,
          setupFiles: ['./tests/support/seeded.ts'],
        },
      },
      { extends: true, test: { name: 'whole', include: ['tests/**/*.test.ts', ...ALONE] } },
    ],
  },
});

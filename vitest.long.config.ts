import { defineConfig } from 'vitest/config';

// What takes minutes: sweeps, fuzzing, processes that are killed again and again. `npm test` leaves these
// files out.
export default defineConfig({
  test: {
    pool: 'forks',
    include: ['test/long/**/*.test.ts'],
    testTimeout: 1_800_000,
    fileParallelism: false,
    disableConsoleIntercept: true,
    passWithNoTests: true,
  },
});

import { defineConfig } from 'vitest/config';

// Dawn and onnxruntime-node work in forked processes, not in vm contexts. Benches are test files that print:
// they check before they time.
const bench = process.env.ONNX_CAM_BENCH === '1';

export default defineConfig({
  test: {
    pool: 'forks',
    exclude: ['**/node_modules/**', 'test/long/**'],
    include: bench ? ['bench/**/*.bench.ts'] : ['test/**/*.test.ts'],
    testTimeout: bench ? 300_000 : 60_000,
    hookTimeout: 60_000,
    fileParallelism: !bench,
    disableConsoleIntercept: bench,
    // Notices of explainers: most models of the tests say nothing of their pictures.
    onConsoleLog: (log) => !log.startsWith('onnx-cam: '),
  },
});

// dist/: the entry points as ES modules that share their code, and the types.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The entry points by their names in dist, without the ending. */
const doors = {
  index: 'src/index.ts',
  'kernels/index': 'src/kernels/index.ts',
  'metrics/index': 'src/metrics/index.ts',
  'onnx/index': 'src/onnx/index.ts',
  'poster/index': 'src/poster/index.ts',
  'node/index': 'src/node/index.ts',
  'node/cli': 'src/node/cli/main.ts',
  'node/thread': 'src/node/run/thread.ts',
};

/** Builds the entry points' modules into `out`. */
export async function buildDoors(out = join(root, 'dist')) {
  rmSync(out, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    splitting: true,
    outdir: out,
    chunkNames: 'chunks/[hash]',
    logLevel: 'warning',
    platform: 'neutral',
    entryPoints: doors,
    external: ['node:*'],
  });
  chmodSync(join(out, 'node/cli.js'), 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildDoors();
  const tsc = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace(/package\.json$/, 'bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.types.json')], { stdio: 'inherit' });
}

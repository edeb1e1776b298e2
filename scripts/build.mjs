// dist/: the entry points as ES modules that share their code, and the types.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

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
    outbase: 'src',
    outdir: out,
    chunkNames: 'chunks/[hash]',
    logLevel: 'warning',
    platform: 'neutral',
    entryPoints: [
      'src/index.ts',
      'src/kernels/index.ts',
      'src/metrics/index.ts',
      'src/onnx/index.ts',
      'src/poster/index.ts',
      'src/node/index.ts',
      'src/node/cli.ts',
      'src/node/thread.ts',
    ],
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

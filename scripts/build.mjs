// dist/: the doors as ES modules that share their code, and the types.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'dist');
rmSync(out, { recursive: true, force: true });

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  packages: 'external',
  splitting: true,
  outbase: 'src',
  outdir: 'dist',
  chunkNames: 'chunks/[hash]',
  logLevel: 'warning',
};
await build({
  ...common,
  platform: 'neutral',
  entryPoints: [
    'src/index.ts',
    'src/kernels/index.ts',
    'src/metrics/index.ts',
    'src/onnx/index.ts',
    'src/node/index.ts',
    'src/node/cli.ts',
    'src/node/thread.ts',
  ],
  external: ['node:*'],
});
chmodSync(join(out, 'node/cli.js'), 0o755);

const tsc = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace(/package\.json$/, 'bin/tsc');
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.types.json')], { stdio: 'inherit' });

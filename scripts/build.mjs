// dist/: the entry points as ES modules that share their code, and the types.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licenseTexts } from './licenses.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The entry points by their names in dist, without the ending. */
const entryPoints = {
  index: 'src/index.ts',
  'kernels/index': 'src/kernels/index.ts',
  'metrics/index': 'src/metrics/index.ts',
  'onnx/index': 'src/onnx/index.ts',
  'poster/index': 'src/poster/index.ts',
  'node/index': 'src/node/index.ts',
};

/** The command line and its threads. */
const programs = { cli: 'src/node/cli/main.ts', thread: 'src/node/run/thread.ts' };

/** Packages with binaries of their own, and those that a user installs only where they are needed. */
const installed = ['sharp', 'onnxruntime-node', 'onnxruntime-web', 'webgpu', 'bullmq', 'ioredis'];

/** Builds the entry points' modules into `out`. */
export async function buildEntryPoints(out = join(root, 'dist')) {
  rmSync(out, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    splitting: true,
    entryPoints,
    outdir: out,
    chunkNames: 'chunks/[hash]',
    logLevel: 'warning',
    platform: 'neutral',
    external: ['node:*'],
  });
  await buildPrograms(join(out, 'node'));
}

/**
 * Builds the programs into `out`, apart from the library: a command starts in half the time where it reads a
 * few files instead of hundreds. What each command needs of its own is loaded when it runs.
 */
export async function buildPrograms(out) {
  const { metafile } = await build({
    // What is short is compiled sooner; names stay, for traces of errors.
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    target: 'node20',
    splitting: true,
    entryPoints: programs,
    outdir: out,
    chunkNames: 'program/[name]-[hash]',
    logLevel: 'warning',
    platform: 'node',
    external: installed,
    // For packages in CommonJS.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
    },
  });
  chmodSync(join(out, 'cli.js'), 0o755);
  writeFileSync(join(out, 'program/licenses.txt'), licenseTexts(root, Object.keys(metafile.inputs)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildEntryPoints();
  const tsc = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace(/package\.json$/, 'bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.types.json')], { stdio: 'inherit' });
}

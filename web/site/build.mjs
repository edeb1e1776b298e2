// dist-web/: the page as static files, ONNX Runtime beside them. Any server can give them out; threads need
// the headers of serve.mjs.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Builds the page into `out`. */
export async function buildPage(out = join(root, 'dist-web')) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: [
      { in: 'web/main.tsx', out: 'main' },
      { in: 'web/engine/worker.ts', out: 'engine' },
      { in: 'web/style.css', out: 'style' },
    ],
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    outdir: out,
    // ONNX Runtime as a file of its own: its threads load that file, not the page's code again.
    conditions: ['onnxruntime-web-use-extern-wasm'],
    logLevel: 'warning',
  });
  const copy = (from, to) => cpSync(join(root, from), join(out, to), { recursive: true });
  for (const file of ['index.html', 'icon.svg']) copy(`web/${file}`, file);
  for (const file of ['birds.onnx', 'birds.json']) copy(`models/${file}`, `models/${file}`);
  for (const build of ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify'])
    for (const ending of ['mjs', 'wasm'])
      copy(`node_modules/onnxruntime-web/dist/${build}.${ending}`, `${build}.${ending}`);
  copy('examples/birds', 'samples');
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`Built ${await buildPage()}`);
}

// dist-web/: the page as static files, ONNX Runtime beside them. Any server can give them out; threads need
// the headers of serve.mjs.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  copy('web/icon.svg', 'icon.svg');
  writeFileSync(join(out, 'index.html'), withIcon(readFileSync(join(root, 'web/index.html'), 'utf8')));
  for (const file of ['birds.onnx', 'birds.json']) copy(`models/${file}`, `models/${file}`);
  for (const build of ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify'])
    for (const ending of ['mjs', 'wasm'])
      copy(`node_modules/onnxruntime-web/dist/${build}.${ending}`, `${build}.${ending}`);
  copy('examples/birds', 'samples');
  return out;
}

/** The icon within the page: browsers ask for a file of it anew with every change of the address. */
function withIcon(html) {
  const icon = readFileSync(join(root, 'web/icon.svg'), 'utf8').trim();
  const link = 'rel="icon" href="icon.svg"';
  if (!html.includes(link)) throw new Error(`index.html: expected a link ${link}.`);
  return html.replace(link, `rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}"`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`Built ${await buildPage()}`);
}

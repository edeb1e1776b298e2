// Measures what a page downloads, minified and compressed, without ONNX Runtime and other packages: first
// what it loads at once, file by file, then what it loads when needed. Fails above a limit. With
// ONNX_CAM_FIGURES it also writes the tables of docs/browser.md.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

// Imports, and the most kB gzip that each may load at first: the measured size plus 5 %.
const entryPoints = [
  ['onnx-cam/kernels', "export * from './src/kernels/index.ts'", 38],
  ['onnx-cam', "export * from './src/index.ts'", 98],
  ['onnx-cam: MI-CAM', "export { createExplainer, miCam } from './src/index.ts'", 92.5],
  // Almost nothing; more would mean that unused code is not removed.
  ['onnx-cam: overlay', "export { overlay } from './src/index.ts'", 2.3],
  ['onnx-cam/onnx', "export * from './src/onnx/index.ts'", 70],
  // Nine tenths of it are the font's outlines.
  ['onnx-cam/poster', "export * from './src/poster/index.ts'", 106],
  ['onnx-cam/metrics', "export * from './src/metrics/index.ts'", 11],
];

// What a page loads later: one of the backends, the gradient engine if a method needs a backward pass, and
// ImageNet's labels.
const later = {
  'src/backends/wasm.ts': 16.5,
  'src/backends/webgpu.ts': 15.2,
  'src/onnx/gradient.ts': 25.7,
  'src/image/imagenet-classes.ts': 6,
};

const kB = (bytes) => bytes / 1000;
let failed = false;
const tables = { size: new Map(), 'size-later': new Map() };
function report(name, { code, gzip }, limit, table = tables.size) {
  const over = kB(gzip) > limit;
  failed ||= over;
  table.set(name, [`${kB(code).toFixed(1)} kB`, `${kB(gzip).toFixed(1)} kB`, `${limit} kB`]);
  const sizes = [
    `${kB(code).toFixed(1).padStart(6)} kB minified`,
    `${kB(gzip).toFixed(1).padStart(5)} kB gzip`,
  ];
  console.log(`${name.padEnd(24)} ${sizes.join(' ')}, limit ${limit} kB${over ? ': EXCEEDED' : ''}`);
}

for (const [entryPoint, contents, limit] of entryPoints) {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents,
      resolveDir: new URL('..', import.meta.url).pathname,
      loader: 'ts',
      sourcefile: 'entry-point',
    },
    absWorkingDir: new URL('..', import.meta.url).pathname,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    outdir: 'out',
    write: false,
    metafile: true,
  });
  const contentOf = (path) => outputFiles.find((file) => file.path.endsWith(path)).contents;
  /** A file and all its imports, except those in `there`. */
  const withImports = (entry, there = new Set()) => {
    const found = new Set([entry]);
    for (const path of found)
      for (const { kind, path: next } of metafile.outputs[path].imports)
        if (kind === 'import-statement' && metafile.outputs[next] && !there.has(next)) found.add(next);
    return found;
  };
  const weigh = (paths) => {
    const contents = [...paths].map(contentOf);
    return {
      code: contents.reduce((sum, { length }) => sum + length, 0),
      gzip: contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0),
    };
  };
  const entries = new Map(
    Object.entries(metafile.outputs).map(([path, { entryPoint }]) => [entryPoint, path]),
  );
  const first = withImports(entries.get('entry-point'));
  report(entryPoint, weigh(first), limit);
  const dynamic = [...first].flatMap((path) => metafile.outputs[path].imports).map(({ path }) => path);
  for (const [source, most] of Object.entries(later)) {
    const path = entries.get(source);
    const files = path && dynamic.includes(path) ? withImports(path, first) : new Set();
    // If an entry point contains the module already, only a file of one line is left of it.
    if (files.size > 0 && weigh(files).code > 1000)
      report(`  later: ${source.slice('src/'.length)}`, weigh(files), most, tables['size-later']);
  }
}
const folder = process.env.ONNX_CAM_FIGURES;
if (folder) {
  for (const [name, rows] of Object.entries(tables)) {
    const lines = [...rows].map(
      ([title, cells]) => `| \`${title.replace('  later: ', '')}\` | ${cells.join(' | ')} |`,
    );
    const head = ['| what | minified | gzip | limit, gzip |', '|---|---|---|---|'];
    writeFileSync(join(folder, `${name}.md`), `${[...head, ...lines].join('\n')}\n`);
  }
}
if (failed) process.exit(1);

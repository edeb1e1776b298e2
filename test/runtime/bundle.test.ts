import { resolve } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

// Nothing is external: the bundler must find everything that a browser needs.
test('a browser bundle includes the browser builds of onnxruntime-web and nothing of Node', async () => {
  const { metafile, warnings } = await build({
    entryPoints: [resolve('src/runtime/index.ts')],
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    outdir: 'out',
    loader: { '.wasm': 'file' },
  });
  expect(warnings).toEqual([]);
  const taken = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules'));
  const packages = new Set(taken.map((path) => /node_modules\/([^/]+)/.exec(path)?.[1]));
  expect([...packages].sort()).toEqual(['onnxruntime-common', 'onnxruntime-web']);
  expect(
    taken
      .filter((path) => path.includes('onnxruntime-web/'))
      .map((path) => path.split('/').pop())
      .sort(),
  ).toEqual(['ort.wasm.bundle.min.mjs', 'ort.webgpu.bundle.min.mjs']);

  // Both builds load on demand, not with the page.
  const entry = Object.values(metafile.outputs).find(
    ({ entryPoint }) => entryPoint === 'src/runtime/index.ts',
  );
  const inEntry = Object.keys(entry?.inputs ?? {}).filter((path) => path.includes('onnxruntime-web'));
  expect(inEntry).toEqual([]);
});

test('a page that imports the package loads no backend, shader or gradient engine at first', async () => {
  const { metafile } = await build({
    stdin: { contents: "export * from './src/index.ts'", resolveDir: resolve('.'), sourcefile: 'page' },
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    packages: 'external',
    format: 'esm',
    outdir: 'out',
  });
  const entry = (source: string) =>
    Object.keys(metafile.outputs).find((path) => metafile.outputs[path].entryPoint === source) ?? '';
  const files = new Set([entry('page')]);
  for (const path of files)
    for (const { kind, path: next, external } of metafile.outputs[path].imports)
      if (kind === 'import-statement' && !external) files.add(next);
  const first = [...files].flatMap((path) => Object.keys(metafile.outputs[path].inputs));
  expect(first).toContain('src/explainer.ts');
  const late =
    /^src\/(backends\/(wasm|webgpu)|generated\/(wasm|wgsl)|onnx\/gradient|onnx\/gradients\/.*|onnx\/bake.*)\.ts$/;
  expect(first.filter((path) => late.test(path))).toEqual([]);
  for (const source of ['src/backends/wasm.ts', 'src/backends/webgpu.ts', 'src/onnx/gradient.ts'])
    expect(entry(source), source).not.toBe('');
});

// What a page pays: each browser door minified and compressed, WebAssembly included, ONNX Runtime not.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

for (const [door, entry] of [
  ['onnx-cam/kernels', 'src/kernels/index.ts'],
  ['onnx-cam', 'src/index.ts'],
]) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    write: false,
  });
  const [{ contents }] = outputFiles;
  const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(
    `${door.padEnd(18)} ${kB(contents.length)} minified, ${kB(gzipSync(contents, { level: 9 }).length)} gzip`,
  );
}

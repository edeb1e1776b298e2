// What a page pays: minified and compressed, WebAssembly included, ONNX Runtime and other packages not. Fails above a limit.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

// What is imported, and the most that it may weigh, kB gzip: what was reached, and a twentieth.
const doors = [
  ['onnx-cam/kernels', "export * from './src/kernels/index.ts'", 31],
  ['onnx-cam', "export * from './src/index.ts'", 96],
  ['onnx-cam: MI-CAM', "export { createExplainer, miCam } from './src/index.ts'", 90],
  // Next to nothing, or what is not used is not left out.
  ['onnx-cam: overlay', "export { overlay } from './src/index.ts'", 1.5],
  ['onnx-cam/onnx', "export * from './src/onnx/index.ts'", 47],
  ['onnx-cam/metrics', "export * from './src/metrics/index.ts'", 10.5],
];

const kB = (bytes) => bytes / 1000;
let failed = false;
for (const [door, contents, limit] of doors) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: new URL('..', import.meta.url).pathname, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    write: false,
  });
  const [{ contents: code }] = outputFiles;
  const gzip = kB(gzipSync(code, { level: 9 }).length);
  const over = gzip > limit;
  failed ||= over;
  console.log(
    `${door.padEnd(18)} ${kB(code.length).toFixed(1).padStart(6)} kB minified ${gzip.toFixed(1).padStart(5)} kB gzip, limit ${limit} kB${over ? ': EXCEEDED' : ''}`,
  );
}
if (failed) process.exit(1);

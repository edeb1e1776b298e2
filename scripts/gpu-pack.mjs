// Makes a folder that checks and times the kernels on a machine with a GPU but without Node or a network:
//   npm run gpu:pack -- --out DIR [--libraries DIR]      then there: DIR/run.sh [--quick]
// For Linux on x64 or arm64, whichever this machine is. --libraries: shared libraries to include, such as a
// Vulkan loader (libvulkan.so.1).
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const LIMIT = 60 * 2 ** 20;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { out: { type: 'string' }, libraries: { type: 'string' } } });
if (!values.out) {
  console.error('--out: expected a folder. npm run gpu:pack -- --out DIR [--libraries DIR]');
  process.exit(2);
}
if (process.platform !== 'linux') {
  console.error(`expected Linux, whose Node and Dawn are packed, got ${process.platform}.`);
  process.exit(2);
}
const out = resolve(values.out);
const work = mkdtempSync(join(tmpdir(), 'onnx-cam-gpu-'));
try {
  await build({
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['webgpu'],
    entryPoints: ['bench/gpu/kit.ts'],
    outfile: join(work, 'app/kit.js'),
    logLevel: 'warning',
  });
  const dawn = join(work, 'app/node_modules/webgpu');
  const binary = `dist/linux-${process.arch}/dawn.node`;
  mkdirSync(dirname(join(dawn, binary)), { recursive: true });
  for (const file of ['package.json', 'index.js', 'LICENSE.md', binary])
    copyFileSync(join(root, 'node_modules/webgpu', file), join(dawn, file));
  copyFileSync(process.execPath, join(work, 'node'));
  if (values.libraries)
    cpSync(resolve(values.libraries), join(work, 'lib'), { recursive: true, dereference: true });
  mkdirSync(out, { recursive: true });
  const packed = join(out, 'kit.tar.xz');
  rmSync(packed, { force: true });
  execFileSync('tar', ['-cJf', packed, '-C', work, '.'], { env: { ...process.env, XZ_OPT: '-4 -T0' } });
  copyFileSync(join(root, 'bench/gpu/run.sh'), join(out, 'run.sh'));
  const bytes = statSync(packed).size;
  console.log(`${out}: ${(bytes / 2 ** 20).toFixed(1)} MiB`);
  if (bytes > LIMIT) throw new Error(`expected at most ${LIMIT / 2 ** 20} MiB`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

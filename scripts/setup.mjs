// Prepares a checkout: installs missing packages, then builds kernels, the list of methods and the font where
// a source is newer than its output.
import { execFileSync, execSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const time = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);

if (time(join(root, 'node_modules/.package-lock.json')) < time(join(root, 'package-lock.json'))) {
  console.error('Installing packages (npm ci) …');
  // The install script of onnxruntime-node would download CUDA libraries; the package includes its CPU
  // library.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  execSync('npm ci --no-audit --no-fund', { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
}

const sources = ['kernels', 'kernels/shared', 'assembly', 'assembly/image'].flatMap((folder) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(root, folder, name)),
);
const built = Math.min(
  ...['shaders.ts', 'wgsl.ts', 'ops.ts', 'wasm.ts', 'image-wasm.ts'].map((file) =>
    time(join(root, 'src/generated', file)),
  ),
);
// A folder is newer than its output when a file was added to it.
const declarations = join(root, 'src/kernels');
if ([...sources, declarations, join(root, 'asconfig.json')].some((file) => time(file) > built)) {
  execFileSync(process.execPath, [join(root, 'kernels/build.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
const methods = join(root, 'src/methods');
const ofMethods = [methods, join(root, 'scripts/methods.mjs')].concat(
  readdirSync(methods).map((name) => join(methods, name)),
);
if (ofMethods.some((file) => time(file) > time(join(root, 'src/generated/added-methods.ts'))))
  execFileSync(process.execPath, [join(root, 'scripts/methods.mjs')], { stdio: 'inherit' });
if (time(join(root, 'scripts/font.mjs')) > time(join(root, 'src/generated/font.ts'))) {
  execFileSync(process.execPath, [join(root, 'scripts/font.mjs')], { stdio: 'inherit' });
}

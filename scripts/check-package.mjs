// Packs the package as it would be published, has publint and attw look at what bundlers and TypeScript make of it, and compiles
// test/types/ against it as its user would.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-package-'));
/** Beside an installed copy: node_modules/onnx-cam out of the tarball, its dependencies and TypeScript from here. */
function compileConsumer(tarball) {
  const installed = join(folder, 'node_modules/onnx-cam');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  for (const name of ['onnxruntime-common', '@types'])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  copyFileSync(join(root, 'test/types/consumer.ts'), join(folder, 'consumer.ts'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  for (const resolution of ['nodenext', 'bundler']) {
    const module = resolution === 'bundler' ? 'esnext' : 'nodenext';
    const target = ['--target', 'es2022', '--lib', 'es2022,dom,dom.iterable', '--types', 'node'];
    const options = ['--strict', '--noEmit', '--module', module, '--moduleResolution', resolution, ...target];
    execFileSync(process.execPath, [tsc, ...options, 'consumer.ts'], { cwd: folder, stdio: 'inherit' });
    console.log(`types: test/types/consumer.ts compiles (${resolution})`);
  }
}

try {
  execFileSync(process.execPath, [join(root, 'scripts/setup.mjs')], { stdio: 'inherit' });
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename, size }] = JSON.parse(
    execFileSync('npm', pack, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  console.log(`${filename}: ${(size / 1e6).toFixed(2)} MB`);

  const packed = readFileSync(join(folder, filename));
  const tarball = packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  for (const message of messages) console.error(`publint: ${formatMessage(message, pkg, { color: false })}`);
  if (messages.length > 0) process.exitCode = 1;
  else console.log('publint: nothing to say');

  // Modules for import alone: there is no CommonJS to be resolved to.
  const attw = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json');
  const program = attw.replace(/package\.json$/, 'dist/index.js');
  execFileSync(process.execPath, [program, join(folder, filename), '--profile', 'esm-only', '--no-emoji'], {
    stdio: 'inherit',
  });

  compileConsumer(join(folder, filename));
} catch (error) {
  if (error.status === undefined) throw error;
  process.exitCode = 1; // the program has said why
} finally {
  rmSync(folder, { recursive: true });
}

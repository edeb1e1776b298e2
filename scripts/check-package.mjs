// Packs the package as it would be published, and has publint and attw look at what a bundler and TypeScript make of it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-package-'));
try {
  execFileSync(process.execPath, [join(root, 'scripts/setup.mjs')], { stdio: 'inherit' });
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename, size }] = JSON.parse(
    execFileSync('npm', pack, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  console.log(`${filename}: ${(size / 1e6).toFixed(2)} MB`);

  const { messages, pkg } = await publint({ pkgDir: root, strict: true });
  for (const message of messages) console.error(`publint: ${formatMessage(message, pkg, { color: false })}`);
  if (messages.length > 0) process.exitCode = 1;
  else console.log('publint: nothing to say');

  // Modules for import alone: there is no CommonJS to be resolved to.
  const attw = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json');
  const program = attw.replace(/package\.json$/, 'dist/index.js');
  execFileSync(process.execPath, [program, join(folder, filename), '--profile', 'esm-only', '--no-emoji'], {
    stdio: 'inherit',
  });
} catch (error) {
  if (error.status === undefined) throw error;
  process.exitCode = 1; // the program has said why
} finally {
  rmSync(folder, { recursive: true });
}

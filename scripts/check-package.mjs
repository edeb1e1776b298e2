// Packs the package as it would be published. publint and attw check how bundlers and TypeScript see it, and
// scripts/check-consumers.mjs uses it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { checkConsumers } from './check-consumers.mjs';

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

  const packed = readFileSync(join(folder, filename));
  const tarball = packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  for (const message of messages) console.error(`publint: ${formatMessage(message, pkg, { color: false })}`);
  if (messages.length > 0) process.exitCode = 1;
  else console.log('publint: no problems');

  // ES modules only; Node can `require` them from 20.19 on.
  const attw = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json');
  const program = attw.replace(/package\.json$/, 'dist/index.js');
  execFileSync(
    process.execPath,
    [program, join(folder, filename), '--ignore-rules', 'cjs-resolves-to-esm', '--no-emoji'],
    {
      stdio: 'inherit',
    },
  );

  await checkConsumers(root, join(folder, 'consumer'), join(folder, filename));
} catch (error) {
  if (error.status === undefined) throw error;
  process.exitCode = 1; // the program has printed the reason
} finally {
  rmSync(folder, { recursive: true });
}

// Runs the benches one after the other: `npm run bench`, or `npm run bench -- mutual-information`.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const env = { ...process.env, ONNX_CAM_BENCH: '1' };

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

run('scripts/setup.mjs');
run('node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2));

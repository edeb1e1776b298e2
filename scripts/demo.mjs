// Explains the example pictures with the bundled classifier and names the file to open.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

run('scripts/setup.mjs');
run('scripts/build.mjs');
const what = ['--model', 'birds', '--method', 'grad-cam,layer-cam,mi-cam', 'examples/birds'];
run('dist/node/cli.js', 'explain', ...what, '--format', 'png,html', '--out', 'out/demo');
console.log(`\nOpen this first: ${join(root, 'out/demo/index.html')}`);

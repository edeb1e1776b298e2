// Explains the example pictures with the bundled classifier and says where to look.
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
run(
  'dist/node/cli.js',
  'explain',
  '--model',
  'birds',
  'examples/birds',
  '--method',
  'all',
  '--out',
  'out/demo',
  '--format',
  'png,html',
);
console.log(`
Heat maps:      ${join(root, 'out/demo')}/*.png
Contact sheet:  ${join(root, 'out/demo/index.html')}`);

// Writes the parts of docs/ that are made from the code.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const env = { ...process.env, ONNX_CAM_WRITE_DOCS: '1' };
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/house/docs.test.ts'],
  { cwd: root, env, stdio: 'inherit' },
);
process.exit(status ?? 1);

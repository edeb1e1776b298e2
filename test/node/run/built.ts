import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { buildPrograms } from '../../../scripts/build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/**
 * The program as it is shipped: threads need a built script. In the checkout, so that it finds its packages.
 */
export function builtProgram(): { readonly cli: string; readonly thread: URL } {
  const folder = mkdtempSync(join(root, 'node_modules/.onnx-cam-test-'));
  beforeAll(async () => {
    await buildPrograms(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { cli: join(folder, 'cli.js'), thread: new URL(`file://${join(folder, 'thread.js')}`) };
}

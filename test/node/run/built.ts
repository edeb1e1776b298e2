import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

/**
 * The program as it is shipped: threads need a built script. In the checkout, so that it finds its packages.
 */
export function builtProgram(): { readonly cli: string; readonly thread: URL } {
  const folder = mkdtempSync(join(root, 'node_modules/.onnx-cam-test-'));
  beforeAll(async () => {
    await build({
      absWorkingDir: root,
      entryPoints: { cli: 'src/node/cli/main.ts', thread: 'src/node/run/thread.ts' },
      outdir: folder,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      logLevel: 'warning',
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { cli: join(folder, 'cli.js'), thread: new URL(`file://${join(folder, 'thread.js')}`) };
}

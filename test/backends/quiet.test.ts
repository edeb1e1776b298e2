/**
 * Native code writes messages about drivers to `stderr`. None of them may reach a user who did not ask for a
 * GPU.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../node/folder.js';
import { builtProgram } from '../node/run/built.js';

const { cli } = builtProgram();
const folder = temporaryFolder();
const birds = ['00', '01'].map((number) => join('examples/birds', `bird-${number}.png`));

/** The manifest of a driver without its library. */
const manifest = join(folder, 'broken_icd.json');
writeFileSync(
  manifest,
  JSON.stringify({
    file_format_version: '1.0.0',
    ICD: { library_path: join(folder, 'none.so'), api_version: '1.3.0' },
  }),
);
const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const drivers: readonly (readonly [string, string | undefined])[] = [
  ['no driver is named', undefined],
  ['the named driver is missing', join(folder, 'none.json')],
  ['the library of the driver is missing', manifest],
  ...(existsSync(swiftshader) ? [['the adapter is SwiftShader', swiftshader] as const] : []),
];

function run(driver: string | undefined, ...args: readonly string[]) {
  const { VK_DRIVER_FILES: _, ...env } = process.env;
  const options = [...args, '--out', join(folder, 'out'), '--force', '--format', 'npy', ...birds];
  const { status, stderr } = spawnSync(process.execPath, [cli, 'explain', '--model', 'birds', ...options], {
    encoding: 'utf8',
    env: { ...env, XDG_RUNTIME_DIR: folder, ...(driver !== undefined && { VK_DRIVER_FILES: driver }) },
  });
  return { status, lines: stderr.split('\n').filter((line) => line !== '') };
}

test.each(drivers)('%s: --quiet is silent, and without it every line is ours', (_, driver) => {
  expect(run(driver, '--quiet')).toEqual({ status: 0, lines: [] });
  const threads = run(driver, '--workers', '2', '--batch', '1');
  expect(threads.status).toBe(0);
  expect(threads.lines.length).toBeGreaterThan(0);
  expect(threads.lines.filter((line) => !line.startsWith('onnx-cam: '))).toEqual([]);
});

test('if WebGPU was requested and is not available, the error says so', () => {
  const { status, lines } = run(join(folder, 'none.json'), '--quiet', '--backend', 'webgpu');
  expect(status).toBe(2);
  expect(lines.at(-1)).toMatch(/^onnx-cam: no WebGPU adapter here: /);
});

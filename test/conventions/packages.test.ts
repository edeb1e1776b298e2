import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildEntryPoints } from '../../scripts/build.mjs';
import { readText } from './files.js';

const out = mkdtempSync(join(tmpdir(), 'onnx-cam-build-'));
beforeAll(() => buildEntryPoints(out));
afterAll(() => rmSync(out, { recursive: true }));

/** The packages that the built files import, as esbuild writes imports. */
function imported(): string[] {
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.js'),
  );
  const found = files.flatMap((file) => [
    ...readFileSync(join(out, file), 'utf8').matchAll(/\b(?:from |import |import\()"([@a-z][^"]*)"/gm),
  ]);
  const names = found.map(([, name]) =>
    name
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/'),
  );
  return [...new Set(names)].filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
}

test('what is built imports only packages that are installed with it, or that a user may add', () => {
  const { dependencies, peerDependencies } = JSON.parse(readText('package.json'));
  const names = imported();
  expect(names).toEqual(expect.arrayContaining(['bullmq', 'd3-scale-chromatic', 'onnxruntime-web']));
  expect(Object.keys({ ...dependencies, ...peerDependencies })).toEqual(expect.arrayContaining(names));
});

test('the licences of the packages in the command line lie beside it', () => {
  const licences = readFileSync(join(out, 'node/program/licenses.txt'), 'utf8');
  for (const name of ['commander', 'yauzl', 'onnxruntime-common'])
    expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
  expect(licences).toContain('Copyright');
});

test('--help loads flags and no more: neither models nor kernels nor pictures', () => {
  const files = new Set([join(out, 'node/cli.js')]);
  for (const file of files)
    for (const [, next] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*"(\.[^"]+)"/g))
      files.add(join(dirname(file), next));
  const text = [...files].map((file) => readFileSync(file, 'utf8')).join('\n');
  expect(text).toContain('average-drop'); // a metric, which --help names
  expect(text).not.toMatch(/InferenceSession|WebAssembly|BatchNormalization/);
  expect(text.length).toBeLessThan(130_000); // 2026-11: 111,000, most of it commander
});

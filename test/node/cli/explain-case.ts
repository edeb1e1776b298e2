import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach } from 'vitest';
import { npyHeader } from '../../../src/node/inputs/npy.js';
import { runProgram } from '../fake.js';
import { temporaryFolder } from '../folder.js';

/**
 * Each test of `explain` has a folder of its own, with what it puts there, and an output folder that does not
 * exist yet.
 */
const root = temporaryFolder();
export let folder = '';
export let out = '';
let count = 0;

beforeEach(() => {
  folder = join(root, `case-${count++}`);
  out = join(folder, 'out');
  mkdirSync(folder);
});

export async function picture(name: string, width = 20, height = 10): Promise<string> {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  const image = sharp({ create: { width, height, channels: 3, background: '#3070c0' } });
  await (/\.jpe?g$/i.test(name) ? image.jpeg() : image.png()).toFile(path);
  return path;
}

export function tensor(
  name: string,
  shape: readonly number[],
  value: (i: number) => number = (i) => i,
): string {
  const path = join(folder, name);
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i));
  writeFileSync(path, Buffer.concat([npyHeader(shape), new Uint8Array(values.buffer)]));
  return path;
}

export function broken(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, 'not a picture');
  return path;
}

export const labelled = (): string[] => {
  const path = join(folder, 'labels.txt');
  writeFileSync(path, 'tench, Tinca tinca\ngoldfish\ngreat white shark\n');
  return ['--labels', path];
};

export const explain = (args: readonly string[], options?: Parameters<typeof runProgram>[1]) =>
  runProgram(['explain', '--model', 'birds', '--out', out, ...args], options);

export const summary = (): unknown[] => JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
/** All files except the list of written files. */
export const written = (): string[] =>
  readdirSync(out, { recursive: true })
    .map(String)
    .filter((name) => name !== '.onnx-cam.files')
    .sort();

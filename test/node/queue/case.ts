import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll } from 'vitest';
import { temporaryFolder } from '../folder.js';
import { builtProgram } from '../run/built.js';
import { type Ended, ownRedis, run } from './redis.js';

export const { cli } = builtProgram();
export const root = temporaryFolder();
export const redis = ownRedis(root);
export const pictures = join(root, 'pictures');
export const COUNT = 60;
const BROKEN = 30;

beforeAll(async () => {
  mkdirSync(pictures);
  for (let i = 0; i < COUNT; i++) {
    const size = 128;
    const pixels = Uint8Array.from({ length: size * size * 3 }, (_, p) => (p * (i + 3)) ^ (p >> 7));
    const png = await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
      .png()
      .toBuffer();
    // One that is broken: it fails alone, not its shard.
    writeFileSync(
      join(pictures, `${String(i).padStart(2, '0')}.png`),
      i === BROKEN ? png.subarray(0, 40) : png,
    );
  }
});

/** One thread and small batches: time enough to be killed in the middle. */
export const options = (out: string, ...more: string[]): string[] => [
  ...['--backend', 'wasm', '--method', 'mi-cam,grad-cam', '--weights', '--batch', '2', '--workers', '1'],
  ...['--out', out, ...more, pictures],
];
export const at = (queue: string): string[] => ['--redis', redis.url, '--queue', queue];
/** With the bundled model unless the arguments name one. */
export const enqueue = (queue: string, ...args: string[]): Promise<Ended> => {
  const model = args.includes('--model') ? [] : ['--model', 'birds'];
  return run([cli, 'enqueue', ...at(queue), ...model, ...args]);
};
export const work = (queue: string, ...args: string[]): Promise<Ended> =>
  run([cli, 'work', ...at(queue), ...args]);

interface Entry {
  readonly input: string;
  readonly outputs?: readonly string[];
}

/** What all summaries of a folder say together. Times differ from run to run. */
export const entries = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /^summary.*\.json$/.test(name))
    .flatMap((name): Entry[] => JSON.parse(readFileSync(join(folder, name), 'utf8')))
    .map((entry) => JSON.stringify({ ...entry, milliseconds: 0 }))
    .sort();

/** Every file but the summaries (and what a killed process was just writing), with its bytes. */
export function results(folder: string): Map<string, string> {
  const names = readdirSync(folder).filter((name) => !/^(summary|index)|\.(tmp|files)$/.test(name));
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name)).toString('latin1')]));
}

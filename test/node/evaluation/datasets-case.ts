import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { beforeEach } from 'vitest';
import type { DataSet, LoadedSample } from '../../../src/evaluate/index.js';
import { ClassNames, openDataSet } from '../../../src/node/evaluation/datasets/index.js';
import { temporaryFolder } from '../folder.js';

/** Each test of data sets has a folder of its own, with what it puts there. */
const root = temporaryFolder();
export const classes = new ClassNames(['tench, Tinca tinca', 'goldfish', 'great white shark, man-eater']);
export let folder = '';
let count = 0;

beforeEach(() => {
  folder = join(root, `data-${count++}`);
  mkdirSync(folder);
});

export async function picture(name: string, width = 20, height = 10, background = '#000'): Promise<void> {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  await sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toFile(path);
}

export function text(name: string, content: string | object): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

export const read = (path = folder, images?: string): Promise<DataSet> =>
  openDataSet(path, { images, skip: join(folder, 'out'), classes });

export async function loaded(data: DataSet, name: string): Promise<LoadedSample> {
  const sample = data.samples.find((one) => one.name === name);
  if (!sample) throw new Error(`no sample ${name}`);
  return sample.load();
}

export const whats = ({ problems }: Pick<DataSet, 'problems'>): string[] => problems.map(({ what }) => what);

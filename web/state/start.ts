/** How the page begins: the birds' model, its pictures, and two of its classes. */
import { batch, effect, untracked } from '@preact/signals';
import { parseModelSettings } from '../../src/index.js';
import { readPicture } from '../files/read-picture.js';
import type { Shown } from '../files/shown.js';
import { startExplaining } from './explaining.js';
import { type LoadedModel, openModel } from './model.js';
import { choosePicture, picture, pictures } from './pictures.js';
import { classB, compareWith, ranking, side } from './question.js';
import { startScoring } from './scoring.js';

/** Pictures for the birds' model; the stacked ones hold two birds each. */
export const samples = [
  'stacked-3',
  'bird-00',
  'bird-02',
  'bird-05',
  'bird-07',
  'bird-08',
  'bird-11',
  'stacked-0',
];

let birds: LoadedModel | undefined;

/** Back to the model that comes with the page. */
export const openBirds = (): Promise<boolean> => (birds ? openModel(birds) : Promise.resolve(false));

async function load(path: string): Promise<ArrayBuffer> {
  const response = await fetch(path);
  if (!response.ok)
    throw new Error(`${path}: expected a file, got status ${response.status}. Reload the page.`);
  return response.arrayBuffer();
}

async function loadBirds(): Promise<LoadedModel> {
  const [bytes, json] = await Promise.all(['models/birds.onnx', 'models/birds.json'].map(load));
  const settings: unknown = JSON.parse(new TextDecoder().decode(json));
  const name = 'birds.onnx';
  return {
    file: { bytes: new Uint8Array(bytes), name },
    settings: parseModelSettings('birds.json', settings, name),
    bundled: true,
  };
}

async function loadSample(name: string): Promise<Shown> {
  const file = new Blob([await load(`samples/${name}.png`)], { type: 'image/png' });
  return { ...(await readPicture(file, `${name}.png`)), from: 'sample' };
}

/**
 * Loads what the page begins with and opens it; from then on it answers whatever changes.
 * @param sample  The picture that is chosen.
 * @throws {Error} where a file of the page is missing.
 */
export async function start(sample = samples[0]): Promise<void> {
  const [model, shown] = await Promise.all([loadBirds(), Promise.all(samples.map(loadSample))]);
  birds = model;
  batch(() => {
    pictures.value = shown;
    choosePicture(Math.max(0, samples.indexOf(sample)));
  });
  startExplaining();
  startScoring();
  await openModel(model);
  if (sample.startsWith('stacked')) compareBoth();
}

/** The two birds of the first picture; another picture holds others. */
function compareBoth(): void {
  const [second, first] = [ranking.value[1], picture.value];
  batch(() => {
    compareWith(second);
    side.value = 'A-B';
  });
  const end = effect(() => {
    if (picture.value === first && classB.value === second) return;
    if (picture.value !== first && classB.value === second) untracked(() => compareWith(undefined));
    queueMicrotask(() => end());
  });
}

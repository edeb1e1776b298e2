/** The reference questions: small models with exact answers for three pictures. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  type AnyTarget,
  createExplainer,
  type Explainer,
  type ExplainerOptions,
  type Explanation,
  type InputTensor,
  methods,
} from '../../src/index.js';
import { loadModel, readNpy } from '../../src/node/index.js';
import { expectClose } from '../close.js';
import { missing, referenceFolder } from '../data.js';

export const pathOf = (name: string, file: string): string => join(referenceFolder, 'questions', name, file);
export const reason = missing(join(referenceFolder, 'questions'));

export interface Meta {
  readonly layer: string;
  readonly layout: 'nchw' | 'tokens' | 'nhwc';
  readonly prefix?: number;
  readonly grid: readonly [number, number];
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly methods: readonly string[];
  readonly question: {
    readonly target: string;
    readonly output: string;
    readonly flags: readonly string[];
  };
  /** S of each picture. */
  readonly scores: readonly number[];
  readonly best?: readonly (readonly [anchor: number, index: number])[];
  readonly pixels?: readonly number[];
}
export const metaOf = (name: string): Meta => JSON.parse(readFileSync(pathOf(name, 'meta.json'), 'utf8'));

/** The pictures of a case, as tensors. */
export async function imagesOf(name: string) {
  const { data, shape } = await readNpy(pathOf(name, 'input.npy'));
  const size = data.length / shape[0];
  return Array.from({ length: shape[0] }, (_, n) => ({
    data: data.subarray(n * size, (n + 1) * size),
    shape: shape.slice(1),
  }));
}

/** What is asked: a class per picture, or one target for all. */
export async function targetsOf(name: string): Promise<readonly AnyTarget[] | AnyTarget> {
  const { target } = metaOf(name).question;
  if (/^[\d,]+$/.test(target)) return target.split(',').map(Number);
  const [, file] = /^like:(.*)$/.exec(target) ?? [];
  return file === undefined ? target : { like: (await readNpy(pathOf(name, file))).data };
}

const cache = new Map<string, Promise<Explanation[]>>();

/** The answers to a question, once for each backend. */
export function answers(
  name: string,
  backend: 'wasm' | 'webgpu',
  more: Partial<ExplainerOptions> = {},
): Promise<Explanation[]> {
  const run = async () => {
    const { layer, question, ...meta } = metaOf(name);
    const target = await targetsOf(name);
    const inputs: Record<string, InputTensor> = {};
    for (const [i, flag] of question.flags.entries()) {
      if (flag !== '--input') continue;
      const [input, file] = question.flags[i + 1].split('=');
      inputs[input] = await readNpy(pathOf(name, file));
    }
    const explainer: Explainer = await createExplainer(
      await loadModel(pathOf(name, 'model.onnx'), () => []),
      {
        layers: [layer],
        methods: meta.methods.map((method) => methods[method]()),
        backend,
        output: question.output,
        inputs,
        ...(!Array.isArray(target) && { target: target as AnyTarget }),
        ...more,
      },
    );
    const images = await imagesOf(name);
    const explanations = await explainer.explain(images, Array.isArray(target) ? { targets: target } : {});
    await explainer.dispose();
    return explanations;
  };
  const key = `${name} ${backend}`;
  const found = cache.get(key) ?? run();
  cache.set(key, found);
  return found;
}

/** The maps of all methods are those of the reference: on the layer's grid, and at the picture's size. */
export async function expectMaps(name: string, explanations: readonly Explanation[]): Promise<void> {
  for (const method of metaOf(name).methods) {
    const coarse = await readNpy(pathOf(name, `coarse/${method}.npy`));
    const saliencies = await readNpy(pathOf(name, `maps/${method}.npy`));
    const of = explanations.map(({ maps }) => maps[method]);
    const [n, h, w] = coarse.shape;
    expect(of.map(({ raw }) => raw.shape)).toEqual(Array.from({ length: n }, () => [h, w]));
    const largest = coarse.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const raw = Float32Array.from(of.flatMap((map) => [...map.raw.data]));
    expectClose(raw, coarse.data, coarse.shape, 1e-3 * largest);
    const saliency = Float32Array.from(of.flatMap((map) => [...map.saliency]));
    expectClose(saliency, saliencies.data, saliencies.shape, 1e-3);
  }
}

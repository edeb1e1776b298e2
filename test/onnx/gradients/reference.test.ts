import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readNpy } from '../../../src/node/inputs/npy.js';
import { parseModel } from '../../../src/onnx/read.js';
import { expectClose } from '../../close.js';
import { families, noReference, operators } from '../files.js';
import { type Form, gradientsOf, toFloats } from './run.js';

/** Small classifiers with what torch.autograd gives for the target class of each image. */
async function reference(path: string) {
  const folder = path.replace(/model\.onnx$/, '');
  const meta: { layer: string; targets: number[] } = JSON.parse(
    readFileSync(join(folder, 'meta.json'), 'utf8'),
  );
  return {
    ...meta,
    model: parseModel(readFileSync(path)),
    input: await readNpy(join(folder, 'input.npy')),
    gradient: await readNpy(join(folder, 'gradient.npy')),
  };
}

/** dS/d(layer), one class index per image, within 1e-4 of the largest. */
async function expectReference(path: string, form: Form, options: Parameters<typeof gradientsOf>[5] = {}) {
  const { model, layer, targets, input, gradient } = await reference(path);
  const target = { shape: [targets.length], data: BigInt64Array.from(targets, BigInt) };
  const feeds = { [model.graph.inputs[0].name]: input };
  const wanted = { wrt: [layer], target: 'index' } as const;
  const got = (await gradientsOf(model, wanted, form, feeds, target, options))[layer];
  expect(got.shape).toEqual(gradient.shape);
  expectClose(toFloats(got), gradient.data, gradient.shape, 1e-4);
}

if (noReference) test.skip(noReference, () => {});

describe.each([...operators, ...families])('$name: torch.autograd within 1e-4 of the largest', ({ path }) => {
  test('separate, node', () => expectReference(path, 'separate'));
  test('merged, node', () => expectReference(path, 'merged'));
  // What is emitted may be appended to a model of any opset from 17 to 22: it has to mean the same in all of
  // them.
  test.each([18, 19, 20, 21, 22])('separate, read as opset %i', (emission) =>
    expectReference(path, 'separate', { emission }),
  );
});

/** WebAssembly has its own kernels; the backward graphs are the same, so that a sample will do. */
const sample = [...operators.filter((_, i) => i % 6 === 0), ...families.slice(0, 3)];

describe.each(sample)('$name on onnxruntime-web', ({ path }) => {
  test('separate', () => expectReference(path, 'separate', { runtime: 'web' }));
  test('merged', () => expectReference(path, 'merged', { runtime: 'web' }));
});

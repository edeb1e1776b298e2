/**
 * Tensors may have the names of an object's built-in properties: the maps must stay the same, whatever the
 * names.
 */

import { beforeAll, describe, expect, test } from 'vitest';
import { createExplainer, gradCam, miCam, scoreCam } from '../../src/index.js';
import { model, node, weights } from '../onnx/build.js';

interface Names {
  readonly input: string;
  readonly layer: string;
  readonly output: string;
}

function classifier({ input, layer, output }: Names): Uint8Array {
  return model({
    opset: 17,
    inputs: Object.fromEntries([[input, ['n', 3, 8, 8]]]),
    nodes: [
      node('Conv', [input, 'w'], [layer], { pads: [1, 1, 1, 1] }),
      node('GlobalAveragePool', [layer], ['pooled']),
      node('Flatten', ['pooled'], ['flat']),
      node('Gemm', ['flat', 'fc'], [output], { transB: 1 }),
    ],
    initializers: { w: weights([4, 3, 3, 3]), fc: weights([5, 4]) },
    outputs: Object.fromEntries([[output, ['n', 5]]]),
  });
}

const methods = [miCam(), gradCam, scoreCam()];
const picture = {
  width: 8,
  height: 8,
  data: Uint8ClampedArray.from({ length: 256 }, (_, i) => (i * 7) % 256),
};

async function maps(names: Names, runtime: 'node' | 'web') {
  const explainer = await createExplainer(classifier(names), {
    runtime,
    methods,
    backend: 'wasm',
    closedForms: false,
    threads: 1,
  });
  try {
    const [explanation] = await explainer.explain([picture]);
    return methods.map(({ name }) => explanation.maps[name]!.raw.data);
  } finally {
    await explainer.dispose();
  }
}

describe.each(['node', 'web'] as const)('%s', (runtime) => {
  let plain: readonly Float32Array[] = [];
  beforeAll(async () => {
    plain = await maps({ input: 'x', layer: 'a', output: 'y' }, runtime);
  });

  test.each([
    ['__proto__', 'a', 'y'],
    ['constructor', 'toString', 'hasOwnProperty'],
    ['x', 'valueOf', 'constructor'],
    ['toString', 'then', '__defineGetter__'],
    ['0', '1', 'length'],
  ])(
    'input "%s", layer "%s", output "%s": the same maps as with any other names',
    async (input, layer, output) => {
      expect(await maps({ input, layer, output }, runtime)).toEqual(plain);
    },
  );

  // ONNX Runtime returns outputs in plain objects, and these cannot hold this name.
  test.each([
    ['layer', { input: 'x', layer: '__proto__', output: 'y' }],
    ['output', { input: 'x', layer: 'a', output: '__proto__' }],
  ])('a %s called __proto__ is refused, and the message says what to do', async (_, names) => {
    await expect(maps(names, runtime)).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/^tensor "__proto__": .* Rename the tensor\.$/),
    });
  });
});

import { describe, expect, test } from 'vitest';
import { createExplainer, gradCam, gradCamPlusPlus, hiresCam, xgradCam } from '../../src/index.js';
import { float, node, weights } from '../onnx/build.js';
import { classifier, image, SIZE } from './classifier.js';

const methods = [gradCam, gradCamPlusPlus, hiresCam, xgradCam];
const CANCEL =
  'layer "a": the gradients cancel: no channel\'s average is above a millionth of the largest gradient, so that the map is rounding noise. Try another layer, or a method that weighs positions, such as hires-cam.';

const stem = [node('Conv', ['x', 'w'], ['c'], { pads: [1, 1, 1, 1] }), node('Relu', ['c'], ['a'])];
const tail = (input: string) => [
  node('Flatten', [input], ['f']),
  node('Gemm', ['f', 'fc'], ['logits'], { alpha: float(1e-4) }), // small scores are no noise
];
const fc = weights([6 * SIZE * SIZE, 5]);

/**
 * Each channel's mean is taken away behind the layer: gradients of a channel add up to 0, but for rounding.
 */
const centred = classifier({
  nodes: [...stem, node('GlobalAveragePool', ['a'], ['m']), node('Sub', ['a', 'm'], ['d']), ...tail('d')],
  initializers: { fc },
});
const plain = classifier({ nodes: [...stem, ...tail('a')], initializers: { fc } });

async function diagnostics(bytes: Uint8Array, closedForms?: boolean) {
  const explainer = await createExplainer(bytes, { backend: 'wasm', methods, layers: ['a'], closedForms });
  const explanations = await explainer.explain([image(1), image(2)], { target: 1 });
  await explainer.dispose();
  for (const { maps } of explanations) expect(maps['grad-cam'].weights?.some((w) => w !== 0)).toBe(true);
  return explanations.map(({ maps }) =>
    methods
      .filter(({ name }) => maps[name].diagnostics.length > 0)
      .map(({ name }) => [name, ...maps[name].diagnostics]),
  );
}

describe('a map of rounding noise has a diagnostic', () => {
  test('where gradients cancel, and the method averages them', async () => {
    expect(await diagnostics(centred)).toEqual(Array(2).fill([['grad-cam', CANCEL]]));
  });

  test('and no other map, even with tiny scores, or with equal gradients at every position', async () => {
    expect(await diagnostics(plain)).toEqual([[], []]);
    expect(await diagnostics(classifier())).toEqual([[], []]);
    expect(await diagnostics(classifier(), false)).toEqual([[], []]);
  });
});

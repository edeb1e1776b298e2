import { describe, test } from 'vitest';
import { makeNode } from '../../../src/onnx/write.js';
import { random } from '../../random.js';
import { expectGradients } from './check.js';

/** Logits of very different size: some probabilities are close to 1, others to 1e-7. */
const x = { shape: [2, 3, 4], data: random(24, 5).map((value) => 8 * value) };

describe.each(['Softmax', 'LogSoftmax'])('%s', (name) => {
  // Up to opset 12 all axes from `axis` on are one distribution, from 13 on `axis` alone is; the default
  // changed too.
  for (const opset of [7, 11, 12, 13, 17, 22])
    test(`default axis, opset ${opset}`, () =>
      expectGradients({ nodes: [makeNode(name, ['x'], ['z'])], inputs: { x }, opset }));

  for (const axis of [0, 1, 2, -1, -2])
    for (const opset of [12, 13])
      test(`axis ${axis}, opset ${opset}`, () =>
        expectGradients({ nodes: [makeNode(name, ['x'], ['z'], { axis })], inputs: { x }, opset }));
});

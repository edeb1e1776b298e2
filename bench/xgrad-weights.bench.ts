import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { activationLike, random } from '../test/random.js';
import * as reference from '../test/reference/xgrad-weights.js';
import { measure, report } from './measure.js';
import { reportPlain } from './plain.js';

const layers = [
  ['ResNet-50 layer4', 1, 2048, 7, 7],
  ['ResNet-50 stem', 1, 64, 112, 112],
] as const;

describe.each(backends)('xgradWeights on %s', (name) => {
  test.for(layers)('%s [%i, %i, %i, %i]', async ([layer, n, k, h, w], { skip }) => {
    const backend = await open(name, skip);
    const shape = [n, k, h, w] as const;
    const [a, g] = [
      activationLike(n * k * h * w, 1, 0.5),
      random(n * k * h * w, 2).map((value) => value * 0.01),
    ];
    const [activations, gradients] = [
      backend.upload(a, shape, 'float32'),
      backend.upload(g, shape, 'float32'),
    ];
    const once = () => opsOn(backend).xgradWeights(activations, gradients);
    expectClose(await backend.read(once()), reference.xgradWeights(a, g, n * k), [n, k], 3e-6);
    report(`xgradWeights ${layer} [${shape.join(', ')}]`, backend, await measure(backend, once));
    if (name === 'wasm') reportPlain(`xgradWeights ${layer}`, () => reference.xgradWeights(a, g, n * k));
  });
});

import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { activationLike } from '../test/random.js';
import * as reference from '../test/reference/spatial-mean.js';
import { measure, report } from './measure.js';

const layers = [
  ['ResNet-50 layer4', 1, 2048, 7, 7],
  ['ResNet-50 stem', 1, 64, 112, 112],
] as const;

describe.each(backends)('spatialMean on %s', (name) => {
  test.for(layers)('%s [%i, %i, %i, %i]', async ([layer, n, k, h, w], { skip }) => {
    const backend = await open(name, skip);
    const shape = [n, k, h, w] as const;
    // Values of one sign, so that the largest mean is a mean magnitude: the bound is relative to that.
    const values = activationLike(n * k * h * w, 1, 0.5);
    const x = backend.upload(values, shape, 'float32');
    const once = () => opsOn(backend).spatialMean(x);
    expectClose(await backend.read(once()), reference.spatialMean(values, shape), [n, k], 3e-6);
    report(`spatialMean ${layer} [${shape.join(', ')}]`, backend, await measure(backend, once));
  });
});

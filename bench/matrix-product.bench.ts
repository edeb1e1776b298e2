import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/matrix-product.js';
import { measure, report } from './measure.js';

const layers = [
  ['ResNet-50 layer4, 1000 classes', 1000, 2048, 7, 7],
  ['ResNet-18 layer4, 1000 classes', 1000, 512, 7, 7],
] as const;

describe.each(backends)('matrixProduct on %s', (name) => {
  test.for(layers)('%s [%i × %i, %i, %i]', async ([layer, rows, k, h, w], { skip }) => {
    const backend = await open(name, skip);
    const [values, factors] = [random(k * h * w, 1), random(rows * k, 2)];
    const x = backend.upload(values, [1, k, h, w] as const, 'float32');
    const weights = backend.upload(factors, [rows, k] as const, 'float32');
    const once = () => opsOn(backend).classMaps(x, weights);
    const want = reference.matrixProduct(values, factors, [1, rows, k, h * w]);
    expectClose(await backend.read(once()), want, [rows, h, w], 1e-5);
    report(`matrixProduct ${layer}`, backend, await measure(backend, once));
  });
});

import { describe, expect, test } from 'vitest';
import { quantizeLayer } from '../src/kernels/quantize-layer.js';
import { backends, open } from '../test/backends.js';
import { activationLike } from '../test/random.js';
import * as reference from '../test/reference/quantize-layer.js';
import { measure, report } from './measure.js';

const layers = [
  ['VGG-16 conv5_3', 1, 512, 14, 14],
  ['ResNet-50 layer4', 1, 2048, 7, 7],
] as const;
const SIZE = [224, 224] as const;

describe.each(backends)('quantizeLayer on %s', (name) => {
  test.for(layers)('%s [%i, %i, %i, %i]', async ([layer, ...shape], { skip }) => {
    const backend = await open(name, skip);
    const [n, k, h, w] = shape;
    const data = activationLike(n * k * h * w, 1, 0.5);
    const activations = backend.upload(data, shape, 'float32');
    const once = () => backend.run(quantizeLayer, { activations }, SIZE);
    expect(await backend.read(once())).toEqual(reference.quantizeLayer(data, shape, SIZE).q);
    report(`quantizeLayer ${layer} [${shape.join(', ')}]`, backend, await measure(backend, once));
  });
});

import { describe, test } from 'vitest';
import { GRAM_SCALE, type GramOf, gram } from '../src/kernels/gram.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import * as reference from '../test/reference/gram.js';
import { layerLike } from './layer-like.js';
import { measure, report } from './measure.js';
import { reportPlain } from './plain.js';

const layers = [
  ['ResNet-50 layer4', 2048, 7, 7, 'positions'],
  ['VGG-16 conv5_3', 512, 14, 14, 'positions'],
  ['ResNet-50 layer1', 256, 56, 56, 'channels'],
] as const satisfies readonly (readonly [string, number, number, number, GramOf])[];

describe.each(backends)('gram on %s', (name) => {
  test.for(layers)('%s [1, %i, %i, %i] of %s', async ([layer, k, h, w, of], { skip }) => {
    const backend = await open(name, skip);
    const shape = [1, k, h, w] as const;
    const values = layerLike(k, h * w, 1);
    const x = backend.upload(values, shape, 'float32');
    const once = () => backend.run(gram, { x }, of);
    const got = Array.from(await backend.read(once()), (value) => value / GRAM_SCALE ** 2);
    expectClose(got, reference.gram(values, [1, k, h * w], of), once().shape, 1e-6);
    report(`gram ${layer} [${shape.join(', ')}] of ${of}`, backend, await measure(backend, once));
    if (name === 'wasm') reportPlain(`gram ${layer}`, () => reference.gram(values, [1, k, h * w], of));
  });
});

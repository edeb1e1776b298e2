import { describe, test } from 'vitest';
import { alignSign } from '../src/kernels/align-sign.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/align-sign.js';
import { measure, report } from './measure.js';

const maps = [
  ['VGG-16 conv5_3', 32, 14, 14],
  ['ResNet-50 stem', 1, 112, 112],
] as const;

describe.each(backends)('alignSign on %s', (name) => {
  test.for(maps)('%s [%i, %i, %i]', async ([layer, n, h, w], { skip }) => {
    const backend = await open(name, skip);
    const shape = [n, h, w] as const;
    const [map, toward] = [random(n * h * w, 1), random(n * h * w, 2)];
    const inputs = {
      map: backend.upload(map, shape, 'float32'),
      toward: backend.upload(toward, shape, 'float32'),
    };
    const once = () => backend.run(alignSign, inputs, undefined);
    expectClose(await backend.read(once()), reference.alignSign(map, toward, n), shape, 0);
    report(`alignSign ${layer} [${shape.join(', ')}]`, backend, await measure(backend, once));
  });
});

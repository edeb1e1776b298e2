import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/resize-bilinear.js';
import { measure, report } from './measure.js';

const maps = [
  ['ResNet-50', [1, 7, 7], [224, 224]],
  ['VGG-16, batch of 16', [16, 14, 14], [224, 224]],
  ['to a photograph', [1, 7, 7], [1080, 1920]],
  ['smaller', [1, 1080, 1920], [224, 224]],
] as const;

describe.each(backends)('resizeBilinear on %s', (name) => {
  test.for(maps)('%s %j to %j', async ([what, shape, size], { skip }) => {
    const backend = await open(name, skip);
    const [n, h, w] = shape;
    const values = random(n * h * w, 1);
    const x = backend.upload(values, shape, 'float32');
    const once = () => opsOn(backend).resizeBilinear(x, size);
    const want = reference.resizeBilinear(values, shape, size);
    expectClose(await backend.read(once()), want, [n, ...size], 1e-6);
    const timing = await measure(backend, once);
    report(`resizeBilinear ${what} [${shape.join(', ')}] to [${size.join(', ')}]`, backend, timing);
  });
});

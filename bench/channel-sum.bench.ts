import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/channel-sum.js';
import { measure, report } from './measure.js';

const layers = [
  ['ResNet-50 layer4', 1, 2048, 7, 7],
  ['VGG-16 conv5_3', 1, 512, 14, 14],
  ['ResNet-50 layer4, batch of 16', 16, 2048, 7, 7],
] as const;

describe.each(backends)('channelSum on %s', (name) => {
  test.for(layers)('%s [%i, %i, %i, %i]', async ([layer, n, k, h, w], { skip }) => {
    const backend = await open(name, skip);
    const shape = [n, k, h, w] as const;
    const values = random(n * k * h * w, 1);
    const x = backend.upload(values, shape, 'float32');
    const once = () => opsOn(backend).channelSum(x);
    expectClose(await backend.read(once()), reference.channelSum(values, shape), [n, h, w], 1e-5);
    report(`channelSum ${layer} [${shape.join(', ')}]`, backend, await measure(backend, once));
  });
});

import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/channel-softmax.js';
import { measure, report } from './measure.js';

describe.each(backends)('channelSoftmax on %s', (name) => {
  test('CUB, 200 classes at 28×28', async ({ skip }) => {
    const backend = await open(name, skip);
    const values = random(200 * 784, 1);
    const x = backend.upload(values, [1, 200, 28, 28] as const, 'float32');
    const once = () => opsOn(backend).channelSoftmax(x);
    const want = reference.channelSoftmax(values, [1, 200, 784]);
    expectClose(await backend.read(once()), want, [200, 28, 28], 1e-5);
    report('channelSoftmax 200 classes [28, 28]', backend, await measure(backend, once));
  });
});

import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/scale-channels.js';
import { measure, report } from './measure.js';

describe.each(backends)('scaleChannels on %s', (name) => {
  test.for([
    ['VGG-16 conv5_3', 1, 512, 14, 14],
    ['ResNet-50 layer4', 1, 2048, 7, 7],
  ] as const)('%s [%i, %i, %i, %i]', async ([layer, n, k, h, w], { skip }) => {
    const backend = await open(name, skip);
    const [values, factors] = [random(n * k * h * w, 1), random(n * k, 2)];
    const x = backend.upload(values, [n, k, h, w] as const, 'float32');
    const weights = backend.upload(factors, [n, k] as const, 'float32');
    const once = () => opsOn(backend).scaleChannels(x, weights);
    const want = reference.scaleChannels(values, factors, h * w);
    expectClose(await backend.read(once()), want, [n, k, h, w], 0);
    report(`scaleChannels ${layer}`, backend, await measure(backend, once));
  });
});

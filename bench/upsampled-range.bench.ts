import { describe, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { expectClose } from '../test/close.js';
import { random } from '../test/random.js';
import * as reference from '../test/reference/upsampled-range.js';
import { measure, report } from './measure.js';

describe.each(backends)('upsampledRange on %s', (name) => {
  test('VGG-16 conv5_3 to 224×224', async ({ skip }) => {
    const backend = await open(name, skip);
    const values = random(512 * 196, 1);
    const x = backend.upload(values, [1, 512, 14, 14] as const, 'float32');
    const once = () => opsOn(backend).upsampledRange(x, [224, 224]);
    const want = reference.upsampledRange(values, [512, 14, 14], [224, 224]);
    expectClose(await backend.read(once()), want, [512, 2], 1e-6);
    report('upsampledRange [1, 512, 14, 14]', backend, await measure(backend, once));
  });
});

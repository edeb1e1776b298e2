import { describe, expect, test } from 'vitest';
import { opsOn } from '../src/kernels/ops.js';
import { backends, open } from '../test/backends.js';
import { random } from '../test/random.js';
import { measure, report } from './measure.js';

describe.each(backends)('saliency on %s', (name) => {
  test.for([1, 16])('%i maps of 14×14 to 224×224', async (n, { skip }) => {
    const backend = await open(name, skip);
    const ops = opsOn(backend);
    const map = backend.upload(random(n * 196, 1), [n, 14, 14], 'float32');
    const once = () => ops.saliency(map, [224, 224]);
    const up = ops.resizeBilinear(ops.relu(map), [224, 224]);
    const [got, want] = [await backend.read(once()), await backend.read(ops.rescale(up, ops.minMax(up)))];
    got.forEach((value, i) => {
      if (Math.abs(value - want[i]) > 1e-6) expect(value, `value ${i}`).toBe(want[i]);
    });
    report(`saliency [${n}, 14, 14]`, backend, await measure(backend, once));
  });
});

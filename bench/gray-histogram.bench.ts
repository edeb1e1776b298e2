import { describe, expect, test } from 'vitest';
import { grayHistogram } from '../src/kernels/gray-histogram.js';
import { backends, open } from '../test/backends.js';
import { grayImages } from '../test/layers.js';
import { measure, report } from './measure.js';

const shapes = [
  [1, 224, 224],
  [16, 224, 224],
] as const;

describe.each(backends)('grayHistogram on %s', (name) => {
  test.for(shapes)('[%i, %i, %i]', async (shape, { skip }) => {
    const backend = await open(name, skip);
    const [n, h, w] = shape;
    const data = grayImages(n, h, w);
    const gray = backend.upload(data, shape, 'uint32');
    const once = () => backend.run(grayHistogram, { gray }, 64);
    const want = new Uint32Array(n * 64);
    data.forEach((value, p) => {
      want[Math.floor(p / (h * w)) * 64 + (value >> 2)]++;
    });
    expect(await backend.read(once())).toEqual(want);
    report(`grayHistogram [${shape.join(', ')}]`, backend, await measure(backend, once));
  });
});

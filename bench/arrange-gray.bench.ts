import { describe, expect, test } from 'vitest';
import { arrangeGray } from '../src/kernels/arrange-gray.js';
import { backends, open } from '../test/backends.js';
import { grayImages } from '../test/layers.js';
import { measure, report } from './measure.js';

const SHAPE = [16, 224, 224] as const;

describe.each(backends)('arrangeGray on %s', (name) => {
  test('[16, 224, 224] for layers of 14 columns', async ({ skip }) => {
    const backend = await open(name, skip);
    const gray = backend.upload(grayImages(...SHAPE), SHAPE, 'uint32');
    const once = () => backend.run(arrangeGray, { gray }, { bins: 64, width: 14 });
    // Every grey bin has its own offset: as many values as bins. Between the runs there is 0.
    const offsets = new Set(new Uint16Array((await backend.read(once())).buffer));
    expect(offsets.size).toBe(64);
    report(`arrangeGray [${SHAPE.join(', ')}]`, backend, await measure(backend, once));
  });
});

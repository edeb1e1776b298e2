import { expect, test } from 'vitest';
import { openGpu } from '../../src/backends/gpu-device.js';
import { openWebGpu } from '../../src/backends/webgpu.js';
import { runMethod } from '../../src/explain/run-method.js';
import { opsOn } from '../../src/kernels/ops.js';
import { gradCam } from '../../src/methods/grad-cam.js';
import type { Method } from '../../src/methods/method.js';
import { miCam } from '../../src/methods/mi-cam.js';
import { open } from '../backends.js';
import { counting } from '../counting-device.js';
import { grayImages } from '../layers.js';
import { random } from '../random.js';

// A dispatch costs tens of microseconds whatever it does: pictures share them.
const cases: readonly (readonly [Method, number])[] = [
  [miCam(), 6],
  [miCam({ bins: 256 }), 6],
  [gradCam, 4],
];

test.for(cases.map(([method, most], i) => [method.name, most, i] as const))(
  '%s: at most %i dispatches and one read-back, whatever the batch',
  async ([, most, i], { skip }) => {
    await open('webgpu', skip);
    const { gpu, counts } = counting(await openGpu());
    const backend = openWebGpu(gpu, true);
    const [method] = cases[i];
    const [k, side, size] = [4, 5, [40, 40]] as const;
    const seen: object[] = [];
    for (const n of [1, 2, 7]) {
      const layer = (seed: number) =>
        backend.upload(random(n * k * side ** 2, seed), [n, k, side, side], 'float32');
      const available = {
        activations: layer(1),
        gradients: layer(2),
        image: backend.upload(grayImages(n, ...size), [n, ...size], 'uint32'),
      };
      // Tables that depend on sizes alone are made once.
      await runMethod(backend, opsOn(backend), method, available, { size });
      Object.assign(counts, { dispatches: 0, readBacks: 0, buffers: 0 });
      const maps = await runMethod(backend, opsOn(backend), method, available, { size });
      expect(maps.saliency).toHaveLength(n * size[0] * size[1]);
      seen.push({ ...counts });
    }
    expect(counts.dispatches).toBeLessThanOrEqual(most);
    // One for values that are read back; for every dispatch its uniforms and its result.
    expect(seen).toEqual(
      seen.map(() => ({ dispatches: counts.dispatches, readBacks: 1, buffers: 2 * counts.dispatches + 1 })),
    );
    backend.dispose();
  },
);

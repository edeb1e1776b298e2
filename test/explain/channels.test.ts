import { describe, expect, test, vi } from 'vitest';
import type { MethodProgress } from '../../src/explain/options.js';
import { usualPass } from '../../src/explain/pass-counter.js';
import {
  ablationCam,
  ablationCamWith,
  createExplainer,
  gradCam,
  scoreCam,
  smoothGradCamPlusPlus,
} from '../../src/index.js';
import { methods as registry } from '../../src/methods/index.js';
import type { AnyMethod } from '../../src/methods/method.js';
import type { Session } from '../../src/runtime/index.js';
import { backends, open } from '../backends.js';
import { CHANNELS, image, linear, nonLinear } from './small-models.js';

const explained = async (
  bytes: Uint8Array,
  methods: readonly AnyMethod[],
  backend: 'wasm' | 'webgpu' = 'wasm',
) => {
  const explainer = await createExplainer(bytes, { backend, layers: ['a'], methods });
  const progress: MethodProgress[] = [];
  const [{ maps }] = await explainer.explain([image(1)], {
    target: 2,
    onProgress: (at) => progress.push(at),
  });
  await explainer.dispose();
  return { maps, progress };
};

describe.each(backends)('the channels of largest variance on %s', (backend) => {
  test.for([
    ['linear', linear],
    ['nonLinear', nonLinear],
  ] as const)(
    'Ablation-CAM of a %s tail: their weights stay, the others are 0; the result says how many',
    async ([, bytes], { skip }) => {
      await open(backend, skip);
      const { maps: all } = await explained(bytes(), [ablationCam, scoreCam({ channels: 2 })], backend);
      const { maps: some } = await explained(bytes(), [ablationCamWith({ channels: 2 })], backend);
      const [want, got] = [all, some].map((maps) => maps['ablation-cam'].weights ?? new Float32Array());
      const chosen = [...(all['score-cam'].weights ?? [])].map((weight) => weight !== 0);
      expect(chosen.filter(Boolean)).toHaveLength(2);
      got.forEach((weight, k) => {
        expect(weight).toBeCloseTo(chosen[k] ? want[k] : 0, 5);
      });
      expect([
        all['ablation-cam'].channels,
        some['ablation-cam'].channels,
        all['score-cam'].channels,
      ]).toEqual([undefined, 2, 2]);
    },
  );
});

test('more channels than the layer has: all of them; the registry passes the number on', async () => {
  const { maps } = await explained(nonLinear(), [
    registry['ablation-cam']({ channels: 999, bins: 32 }),
    gradCam,
  ]);
  expect([maps['ablation-cam'].channels, maps['grad-cam'].channels]).toEqual([CHANNELS, undefined]);
  expect(() => ablationCamWith({ channels: 0 })).toThrow(
    'ablation-cam: channels: expected a whole number of at least 1, got 0.',
  );
});

test('progress: from before the first pass, with an estimate for all, to the last', async () => {
  const { progress, maps } = await explained(nonLinear(), [
    scoreCam(),
    ablationCam,
    smoothGradCamPlusPlus(),
    gradCam,
  ]);
  const of = (method: string) => progress.filter((one) => one.method === method);
  for (const method of ['score-cam', 'ablation-cam', 'smooth-grad-cam++']) {
    const all = of(method);
    expect([all[0].done, all[0].image]).toEqual([0, 0]);
    const last = all[all.length - 1];
    expect(last.done).toBe(last.passes);
    expect(last.expectedSeconds).toBeGreaterThan(0);
  }
  expect(of('score-cam')[0].expectedSeconds).toBeGreaterThan(0);
  expect(of('grad-cam')).toEqual([]);
  // As if it were run alone: with the passes that methods share.
  for (const { milliseconds, wholeMilliseconds } of Object.values(maps))
    expect(wholeMilliseconds).toBeGreaterThan(milliseconds);
});

test('the time of many passes is estimated from a warm session, not from its first pass', async () => {
  const session = {} as Session;
  const again = vi.fn(async () => 10);
  expect(await usualPass(session, 30, again)).toBe(10);
  expect(await usualPass(session, 12, again)).toBe(10);
  expect(await usualPass(session, 8, again)).toBe(8);
  expect(again).toHaveBeenCalledTimes(1);
  // A session that is warm at once is no slower than its first pass.
  expect(await usualPass({} as Session, 7, again)).toBe(7);
});

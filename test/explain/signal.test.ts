import { afterEach, expect, test, vi } from 'vitest';
import type { Tensor } from '../../src/backends/backend.js';
import { TensorRegistry } from '../../src/backends/registry.js';
import {
  ablationCam,
  type CamError,
  createExplainer,
  type ExplainerOptions,
  eigenCam,
  gradCam,
  integratedGradCam,
  miCam,
  reciproCam,
  scoreCam,
  smoothGradCamPlusPlus,
} from '../../src/index.js';
import { DeviceTensors } from '../../src/runtime/device.js';
import { backends, open } from '../backends.js';
import { image, nonLinear } from './small-models.js';

/** What is alive on backends and on devices of sessions, while it is watched. */
function watchTensors(): { count(): number } {
  const registries = new Set<TensorRegistry<unknown>>();
  const add = TensorRegistry.prototype.add;
  vi.spyOn(TensorRegistry.prototype, 'add').mockImplementation(function <T extends Tensor>(
    this: TensorRegistry<unknown>,
    tensor: T,
    handle: unknown,
  ): T {
    registries.add(this);
    return add.call(this, tensor, handle) as T;
  });
  const onDevice = new Set<object>();
  const adopt = DeviceTensors.prototype.adopt;
  vi.spyOn(DeviceTensors.prototype, 'adopt').mockImplementation(function (this: DeviceTensors, output) {
    const tensor = adopt.call(this, output);
    onDevice.add(tensor);
    const dispose = () => {
      onDevice.delete(tensor);
      tensor.dispose();
    };
    return { ...tensor, dispose };
  });
  const size = (registry: TensorRegistry<unknown>) =>
    (registry as unknown as { handles: ReadonlyMap<unknown, unknown> }).handles.size;
  return { count: () => [...registries].reduce((sum, one) => sum + size(one), onDevice.size) };
}

/** A signal that is aborted when somebody looks at it for the n-th time. */
function abortedAt(look: number) {
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error(`stopped at look ${look}`);
  let looks = 0;
  signal.throwIfAborted = () => {
    if (++looks === look) controller.abort(reason);
    if (signal.aborted) throw signal.reason;
  };
  return { signal, reason };
}

const onDevice = [miCam(), gradCam, scoreCam(), integratedGradCam({ pathSteps: 2 })];
const methods = [...onDevice, eigenCam(), ablationCam, reciproCam, smoothGradCamPlusPlus()];
const bytes = nonLinear();
const images = [image(1), image(2), image(3)];

afterEach(() => vi.restoreAllMocks());

test.for(backends)(
  'on %s, stopped at every point where that is possible: the reason is thrown, no tensor is left, and the next result is right',
  { timeout: 120_000 },
  async (backend, { skip }) => {
    await open(backend, skip);
    const runtime = backend === 'wasm' ? 'auto' : 'webgpu';
    const live = watchTensors();
    const asked = backend === 'wasm' ? methods : onDevice; // a software adapter is slow
    const options: ExplainerOptions = { backend, runtime, methods: asked, layers: ['a'] };
    const explainer = await createExplainer(bytes, options);
    const ask = { target: [1, 3], batch: 2 };
    const maps = async (signal?: AbortSignal) =>
      (await explainer.explain(images, { ...ask, signal })).map(({ maps }) =>
        Object.values(maps).map(({ saliency }) => saliency),
      );
    const want = await maps();
    const before = live.count(); // tables that are kept
    const step = backend === 'wasm' ? 1 : 13;
    let look = 1;
    for (let stopped = true; stopped; look += step) {
      const { signal, reason } = abortedAt(look);
      const got = await maps(signal).catch((error: unknown) => error);
      stopped = signal.aborted;
      if (stopped) expect(got).toBe(reason);
      else expect(got).toEqual(want);
      expect(live.count(), `look ${look}`).toBe(before);
    }
    expect(look).toBeGreaterThan(30);
    await explainer.dispose();
    expect(live.count()).toBe(0);
  },
);

test('Score-CAM on a runtime that never lets go of the thread lets timers run between its passes', async () => {
  const explainer = await createExplainer(bytes, {
    backend: 'wasm',
    layers: ['a'],
    methods: [scoreCam({ steps: 100_000 })],
    runtime: 'web',
  });
  const controller = new AbortController();
  const started = performance.now();
  setTimeout(() => controller.abort(), 200);
  const asked = explainer.explain([image(1)], { signal: controller.signal });
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  expect(performance.now() - started).toBeLessThan(2000);
  await explainer.dispose();
});

test('a signal aborted before rejects at once; no image is read, no failed image is reported', async () => {
  const explainer = await createExplainer(bytes, { backend: 'wasm', layers: ['a'] });
  const reason = new Error('too late');
  let taken = 0;
  const failed: CamError[] = [];
  const options = { signal: AbortSignal.abort(reason), onError: (error: CamError) => failed.push(error) };
  const endless = function* () {
    for (;;) {
      taken++;
      yield image(1);
    }
  };
  await expect(explainer.explain(images, options)).rejects.toBe(reason);
  await expect(explainer.stream(endless(), options).next()).rejects.toBe(reason);
  expect([taken, failed]).toEqual([0, []]);
  await explainer.dispose();
});

test('stream: stopped while it waits for an image that never comes, and between images', async () => {
  const explainer = await createExplainer(bytes, { backend: 'wasm', layers: ['a'] });
  const controller = new AbortController();
  const reason = new Error('enough');
  const slow = async function* () {
    yield image(1);
    yield image(2);
    await new Promise(() => undefined);
  };
  const stream = explainer.stream(slow(), { batch: 1, signal: controller.signal });
  expect((await stream.next()).value).toMatchObject({ image: 0 });
  const waiting = stream.next();
  setTimeout(() => controller.abort(reason), 20);
  await expect(waiting).rejects.toBe(reason);
  expect(await stream.next()).toEqual({ value: undefined, done: true });

  let closed = false;
  const many = function* () {
    try {
      for (;;) yield image(1);
    } finally {
      closed = true;
    }
  };
  const second = new AbortController();
  const seen: number[] = [];
  const all = async () => {
    for await (const { image } of explainer.stream(many(), { batch: 2, signal: second.signal })) {
      seen.push(image);
      if (seen.length === 5) second.abort(reason);
    }
  };
  await expect(all()).rejects.toBe(reason);
  expect(seen.length).toBeLessThan(8);
  expect(closed).toBe(true);
  await explainer.dispose();
});

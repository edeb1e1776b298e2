import { expect, test } from 'vitest';
import { CamError } from '../../../src/errors.js';
import type { Explainer } from '../../../src/explainer.js';
import { ExplainerSource, type Open } from '../../../src/node/run/source.js';
import { FakeExplainer } from '../fake.js';

const lost = () => new CamError('gpu', 'webgpu: the GPU device was lost (unplugged).');

/** Opens explainers that are on a GPU until the CPU is requested. */
function opener(fails: (nth: number) => boolean = () => false) {
  const opened: ('webgpu' | 'wasm')[] = [];
  let disposed = 0;
  const open: Open = async (instead) => {
    const backend = instead?.backend === 'wasm' ? 'wasm' : 'webgpu';
    if (fails(opened.push(backend))) throw new CamError('backend', 'webgpu: no adapter.');
    const fake = new FakeExplainer({}, {});
    return Object.assign(fake, {
      backend,
      dispose: async () => {
        disposed++;
      },
    }) as unknown as Explainer;
  };
  return { open, opened, disposed: () => disposed };
}

/** A task that loses the device `times` times, counted over all that run it. */
function losing(times: number) {
  let left = times;
  return async ({ backend }: Explainer): Promise<string> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (backend === 'webgpu' && left-- > 0) throw lost();
    return backend;
  };
}

test('a lost device is reopened and the work repeated', async () => {
  const notices: string[] = [];
  const { open, opened, disposed } = opener();
  const source = await ExplainerSource.open(open, {
    mayLeaveGpu: true,
    notice: (text) => notices.push(text),
  });
  expect(await source.use(losing(1))).toBe('webgpu');
  expect([opened, disposed()]).toEqual([['webgpu', 'webgpu'], 1]);
  expect(notices).toEqual(['webgpu: the GPU device was lost (unplugged). It was opened again.']);
});

test('two batches that lose the same device open one', async () => {
  const { open, opened } = opener();
  const source = await ExplainerSource.open(open, { mayLeaveGpu: true, notice: () => undefined });
  const task = losing(2);
  expect(await Promise.all([source.use(task), source.use(task)])).toEqual(['webgpu', 'webgpu']);
  expect(opened).toEqual(['webgpu', 'webgpu']);
});

test.each([
  ['it is lost again at once', 9, () => false],
  ['it cannot be opened again', 1, (nth: number) => nth === 2],
])('WebAssembly goes on where %s', async (_, times, fails) => {
  const notices: string[] = [];
  const { open } = opener(fails);
  const source = await ExplainerSource.open(open, {
    mayLeaveGpu: true,
    notice: (text) => notices.push(text),
  });
  expect(await source.use(losing(times))).toBe('wasm');
  expect(source.facts.backend).toBe('wasm');
  expect(notices.at(-1)).toBe('webgpu: the GPU device was lost (unplugged). Going on with WebAssembly.');
});

test('where the GPU was requested by name, its loss ends the run', async () => {
  const { open } = opener();
  const source = await ExplainerSource.open(open, { mayLeaveGpu: false, notice: () => undefined });
  await expect(source.use(losing(9))).rejects.toThrow('the GPU device was lost');
});

test('on a GPU two tasks run at a time, on the CPU one', async () => {
  for (const [backend, most] of [
    ['webgpu', 2],
    ['wasm', 1],
  ] as const) {
    const { open } = opener();
    const source = await ExplainerSource.open(() => open({ backend: backend === 'wasm' ? 'wasm' : 'auto' }), {
      mayLeaveGpu: true,
      notice: () => undefined,
    });
    let [running, seen] = [0, 0];
    const task = async (): Promise<void> => {
      seen = Math.max(seen, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
    };
    await Promise.all(Array.from({ length: 6 }, () => source.use(task)));
    expect(seen).toBe(most);
  }
});

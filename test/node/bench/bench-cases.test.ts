import { describe, expect, test } from 'vitest';
import type { Backend, Shader, Tensor } from '../../../src/backends/backend.js';
import { openWasm } from '../../../src/backends/wasm.js';
import { CamError } from '../../../src/errors.js';
import * as shaders from '../../../src/generated/shaders.js';
import type { Rank } from '../../../src/kernels/define.js';
import { opsOn } from '../../../src/kernels/ops.js';
import { difference } from '../../../src/node/bench/answer.js';
import { benchKernel, kernelCases } from '../../../src/node/bench/kernels.js';
import { backends, open } from '../../backends.js';

const backend = await openWasm();
const kernels = Object.values(shaders).map(({ name }) => name as string);
const operations = Object.keys(opsOn(backend));

type Named = Readonly<Record<string, Tensor>>;
interface Declared {
  readonly shader: Shader;
  readonly ranks: Readonly<Record<string, Rank>>;
}

// Stopped right after the check: a wrong result is reported, a right one is not timed.
const unTimed = { seconds: 1, stopping: () => true };

/** The CPU backend with some functions replaced. */
const altered = (change: Partial<Backend>): Backend =>
  new Proxy(backend, {
    get: (target, name, receiver) => {
      const value: unknown = Reflect.get(name in change ? change : target, name, receiver);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

describe('the cases', () => {
  test('every kernel and every operation of Ops has one (src/node/bench/layer-cases.ts, map-cases.ts), and nothing else has', () => {
    const cased = new Set(kernelCases.map(({ kernel }) => kernel));
    expect([...new Set([...kernels, ...operations])].filter((name) => !cased.has(name))).toEqual([]);
    expect([...cased].filter((name) => !kernels.includes(name) && !operations.includes(name))).toEqual([]);
  });

  test('a case has a name of its own, and --quick leaves no kernel out', () => {
    const names = kernelCases.map(({ kernel, size }) => `${kernel} ${size}`);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(kernelCases.filter(({ quick }) => quick).map(({ kernel }) => kernel))).toEqual(
      new Set(kernelCases.map(({ kernel }) => kernel)),
    );
  });

  test.for(kernelCases.filter(({ kernel }) => kernels.includes(kernel)))(
    '$kernel $size runs the kernel that it names',
    (one) => {
      const ran: string[] = [];
      const spy = altered({
        run: (kernel, inputs, options) => {
          ran.push(kernel.shader.name);
          return backend.run(kernel, inputs, options);
        },
      });
      const placed = one.makeInputs().on(spy);
      backend.release(placed.call());
      placed.release();
      expect(ran).toContain(one.kernel);
    },
  );
});

describe.each(backends)('answers on %s', (name) => {
  test.for(kernelCases.filter(({ quick }) => quick))('$kernel $size is right', async (one, { skip }) => {
    const on = await open(name, skip);
    expect((await benchKernel(one, { backend: on }, unTimed))?.wrong).toBeUndefined();
  });
});

describe('a kernel gives the rank and element type that it declares', () => {
  test.for(kernelCases.filter(({ quick }) => quick))('$kernel $size', (one) => {
    const checked: string[] = [];
    const run = ((kernel, inputs, options) => {
      const answer = backend.run(kernel, inputs, options);
      const { ranks, shader } = kernel as unknown as Declared;
      checked.push(shader.name);
      for (const { name } of shader.inputs)
        if (typeof ranks[name] === 'number') expect((inputs as Named)[name].shape).toHaveLength(ranks[name]);
      const rank = ranks[shader.output.name];
      if (typeof rank === 'number') expect(answer.shape).toHaveLength(rank);
      if (rank === 'same') expect(answer.shape).toEqual((inputs as Named)[shader.inputs[0].name].shape);
      expect(answer.dtype).toBe(shader.output.dtype);
      return answer;
    }) as Backend['run'];
    const placed = one.makeInputs().on(altered({ run }));
    backend.release(placed.call());
    placed.release();
    expect(checked).not.toEqual([]);
  });
});

describe('a wrong result is caught', () => {
  test.for(kernelCases.filter(({ quick }) => quick))(
    '$kernel: one value just outside the bound',
    async (one) => {
      // The middle one; the first values are often 0, at the edge, or alike.
      const nudge = async <T extends ArrayLike<number>>(tensor: Tensor): Promise<T> => {
        const values = (await backend.read(tensor)) as unknown as Float32Array;
        const at = values.length >> 1;
        const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const by = Math.max(
          2.5 * one.bound * largest,
          2 ** -23 * largest,
          values instanceof Float32Array ? 0 : 1,
        );
        values[at] += values[at] > 0 ? -by : by;
        return values as unknown as T;
      };
      const row = await benchKernel(one, { backend: altered({ read: nudge }) }, unTimed);
      expect(row?.wrong).toMatch(
        /^1 of \d+ values differ by more than .* × the largest \(.*\); worst at \d+: got /,
      );
      expect([row?.time, row?.baselines]).toEqual([undefined, {}]);
    },
  );

  const relu = kernelCases.filter(({ kernel }) => kernel === 'relu')[0];

  test('NaN, which is never within the bound', async () => {
    const read: Backend['read'] = async (tensor) => {
      const values = await backend.read(tensor);
      values[5] = Number.NaN;
      return values;
    };
    const row = await benchKernel(relu, { backend: altered({ read }) }, unTimed);
    expect(row?.wrong).toContain('worst at 5: got NaN');
  });

  test('where WebAssembly is a second check, it runs', async () => {
    const read: Backend['read'] = async (tensor) => {
      const values = await backend.read(tensor);
      values[7] += 9;
      return values;
    };
    const row = await benchKernel(relu, { backend, wasm: altered({ read }) }, unTimed);
    expect(row).toMatchObject({ against: ['plain JavaScript', 'wasm'], baselines: {} });
    expect(row?.wrong).toMatch(/^against wasm: 1 of 100352 values differ/);
  });

  test('a device’s refusal is quoted; a bug of the program is not presented as one', async () => {
    const failing = (error: Error) => altered({ read: () => Promise.reject(error) });
    const refused = failing(new CamError('gpu', 'adapter: the device was lost.'));
    expect((await benchKernel(relu, { backend: refused }, unTimed))?.wrong).toBe(
      'adapter: the device was lost.',
    );
    await expect(benchKernel(relu, { backend: failing(new TypeError('x')) }, unTimed)).rejects.toThrow(
      TypeError,
    );
  });
});

describe('difference', () => {
  test('the bound is relative to the largest wanted magnitude and itself allowed', () => {
    expect(difference([1.5, -4], [1, -4], 0.125)).toBeUndefined();
    expect(difference([1.5, -4], [1, -4], 0.124)).toBe(
      '1 of 2 values differ by more than 0.124 × the largest (4.000); worst at 0: got 1.5, want 1',
    );
  });
  test('a vector may be negated where its sign is undetermined, not otherwise', () => {
    expect(difference([-1, 2], [1, -2], 0, true)).toBeUndefined();
    expect(difference([-1, -2], [1, -2], 0, true)).toContain('1 of 2');
    expect(difference([-1, 2], [1, -2], 0)).toContain('2 of 2');
  });
  test('a result of another length', () => {
    expect(difference([1], [1, 2], 1)).toBe('expected 2 values, got 1');
  });
});

import { describe, expect, test } from 'vitest';
import type { Backend, Tensor } from '../../src/backends/backend.js';
import { opsOn } from '../../src/kernels/ops.js';
import { relu } from '../../src/kernels/relu.js';
import { backends, open } from '../backends.js';

const values = Float32Array.of(-1, 2, -3, 4, -5, 6);
const GONE = 'expected a tensor of this backend, got one that was released or made elsewhere.';

const uploaded = (backend: Backend) => backend.upload(values, [1, 2, 3], 'float32');

describe.each(backends)('tensors on %s', (name) => {
  test('a released tensor can be neither read nor used as an input', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = uploaded(backend);
    backend.release(x);
    await expect(backend.read(x)).rejects.toMatchObject({ code: 'shape', message: `read: ${GONE}` });
    expect(() => opsOn(backend).relu(x)).toThrow(`relu: ${GONE}`);
    backend.release(x); // a second release is no error
  });

  test('a tensor of another backend cannot be used', async ({ skip }) => {
    const backend = await open(name, skip);
    const x = { shape: [1, 2, 3], dtype: 'float32' } as const;
    await expect(backend.read(x)).rejects.toThrow(`read: ${GONE}`);
  });

  test('an element type that a kernel does not accept is named', async ({ skip }) => {
    const backend = await open(name, skip);
    const x: Tensor = backend.upload(Uint32Array.of(1, 2), [2], 'uint32');
    const run = () => backend.run(relu, { x }, undefined);
    expect(run).toThrow(expect.objectContaining({ code: 'shape' }));
    expect(run).toThrow('relu: x: expected float32, got uint32.');
  });

  test('a number of values that does not fit the shape is named', async ({ skip }) => {
    const backend = await open(name, skip);
    expect(() => backend.upload(values, [1, 2, 4], 'float32')).toThrow(
      'upload: expected 8 values for [1, 2, 4], got 6.',
    );
  });

  test('all three element types are read back unchanged', async ({ skip }) => {
    const backend = await open(name, skip);
    const floats = Float32Array.of(1.5, -0, 3e38);
    const signed = Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1);
    const unsigned = Uint32Array.of(2 ** 32 - 1, 0, 1);
    expect(await backend.read(backend.upload(floats, [3], 'float32'))).toEqual(floats);
    expect(await backend.read(backend.upload(signed, [3], 'int32'))).toEqual(signed);
    expect(await backend.read(backend.upload(unsigned, [3], 'uint32'))).toEqual(unsigned);
  });

  test('values in shared memory are accepted', async ({ skip }) => {
    // The heap of ONNX Runtime's WebAssembly is shared; Dawn crashes on a view over it in Node 20.
    const backend = await open(name, skip);
    const shared = new Float32Array(new SharedArrayBuffer(64), 8, 6);
    shared.set(values);
    expect(await backend.read(backend.upload(shared, [6], 'float32'))).toEqual(values);
  });
});

describe.each(backends)('scope on %s', (name) => {
  test('keeps what it returns and frees the rest', async ({ skip }) => {
    const backend = await open(name, skip);
    const { relu } = opsOn(backend);
    const made: Tensor[] = [];
    const note = <T extends Tensor>(tensor: T): T => {
      made.push(tensor);
      return tensor;
    };
    const one = backend.scope(() => relu(note(uploaded(backend))));
    const [inArray] = backend.scope(() => [relu(note(uploaded(backend)))]);
    const { inObject } = backend.scope(() => ({ inObject: relu(note(uploaded(backend))), answer: 42 }));
    for (const kept of [one, inArray, inObject]) {
      expect(await backend.read(kept)).toEqual(Float32Array.of(0, 2, 0, 4, 0, 6));
    }
    expect(made.length).toBe(3);
    for (const freed of made) await expect(backend.read(freed)).rejects.toThrow(GONE);
  });

  test('does not free tensors that were made before it', async ({ skip }) => {
    const backend = await open(name, skip);
    const before = uploaded(backend);
    expect(backend.scope(() => 42)).toBe(42);
    expect(await backend.read(before)).toEqual(values);
  });

  test('passes what an inner scope returns to the outer one, which frees it', async ({ skip }) => {
    const backend = await open(name, skip);
    const { relu } = opsOn(backend);
    let inner: Tensor | undefined;
    const outer = backend.scope(() => {
      inner = backend.scope(() => relu(uploaded(backend)));
      return relu(inner);
    });
    expect(await backend.read(outer)).toEqual(Float32Array.of(0, 2, 0, 4, 0, 6));
    await expect(backend.read(inner!)).rejects.toThrow(GONE);
  });

  test('frees everything when its body throws, and passes the error on', async ({ skip }) => {
    const backend = await open(name, skip);
    let made: Tensor | undefined;
    expect(() =>
      backend.scope(() => {
        made = uploaded(backend);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    await expect(backend.read(made!)).rejects.toThrow(GONE);
    const after = uploaded(backend); // no scope that was left open frees it
    expect(await backend.read(after)).toEqual(values);
  });
});

describe.each(backends)('constant on %s', (name) => {
  test('is made once, outlives the scope of the first call, and is made again after a release', async ({
    skip,
  }) => {
    const backend = await open(name, skip);
    let made = 0;
    const table = () =>
      backend.constant('registry test', () => {
        made++;
        return uploaded(backend);
      });
    const first = backend.scope(() => {
      table();
      return backend.scope(table);
    });
    expect(backend.scope(() => table() === first)).toBe(true);
    expect(made).toBe(1);
    expect(await backend.read(first)).toEqual(values);
    backend.release(first);
    expect(await backend.read(backend.scope(() => [table()])[0])).toEqual(values);
    expect(made).toBe(2);
  });

  test('keeps the scope around it intact when it cannot be made', async ({ skip }) => {
    const backend = await open(name, skip);
    let temporary: Tensor | undefined;
    backend.scope(() => {
      const fail = () => {
        throw new Error('no table');
      };
      expect(() => backend.constant('never made', fail)).toThrow('no table');
      temporary = uploaded(backend);
    });
    await expect(backend.read(temporary!)).rejects.toThrow(GONE);
  });
});

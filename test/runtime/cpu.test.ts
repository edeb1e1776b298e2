import * as webOrt from 'onnxruntime-web';
import { describe, expect, test } from 'vitest';
import { openSession } from '../../src/runtime/index.js';
import { FLOAT, FLOAT16, INT64, initializer, model, node, UINT8, unary, valueInfo } from './models.js';
import { expectFloats, noReference, onHost, reference } from './support.js';

const tensor = (data: Float32Array, shape: readonly number[]) => ({ data, shape });

/** `y = 2 x + [0, 1]`, a batch of `batch` rows of two. */
const affine = (batch: number | string) =>
  model({
    nodes: [node('Add', ['x', 'x'], ['xx']), node('Add', ['xx', 'w'], ['y'])],
    inputs: [valueInfo('x', FLOAT, [batch, 2])],
    outputs: [valueInfo('y', FLOAT, [batch, 2])],
    initializers: [initializer('w', FLOAT, [2], new Uint8Array(Float32Array.of(0, 1).buffer))],
  });

describe.each(['node', 'web'] as const)('a session of the runtime %s', (runtime) => {
  // vgg_gap: plain convolutions; squeezenet: concatenations; mobilenet_v2: depthwise, clips
  test.for(['vgg_gap', 'squeezenet', 'mobilenet_v2'])(
    'gives the logits of %s within 1e-4 of the largest',
    async (family, { skip }) => {
      if (noReference) return skip(noReference);
      const { bytes, input, logits } = reference(family);
      const session = await openSession({ bytes }, { runtime });
      const outputs = await session.run({ [session.inputs[0].name]: input });
      expectFloats(outputs[session.outputs[0]], logits, 1e-4);
      await session.dispose();
    },
  );

  test('names its runtime and the inputs and outputs of the model', async () => {
    const session = await openSession({ bytes: unary('Relu', FLOAT16, ['n', 3, 4]) }, { runtime });
    expect(session.runtime).toBe({ node: 'onnxruntime-node cpu', web: 'onnxruntime-web wasm' }[runtime]);
    expect(session.inputs).toEqual([{ name: 'x', dtype: 'float16', shape: ['n', 3, 4] }]);
    expect(session.outputs).toEqual(['y']);
  });

  test('a float16 model takes and gives float32, rounded to halves', async () => {
    const session = await openSession({ bytes: unary('Relu', FLOAT16, ['n', 3]) }, { runtime });
    // 0.1 is not a half; 2^-24 is the smallest subnormal
    const { y } = await session.run({ x: tensor(Float32Array.of(-1, 0.1, 2 ** -24), [1, 3]) });
    expectFloats(y, tensor(Float32Array.of(0, 0.0999755859375, 2 ** -24), [1, 3]), 0);
  });

  test('a uint8 model takes float32 or uint8, and gives uint8', async () => {
    const session = await openSession({ bytes: unary('Identity', UINT8, ['n']) }, { runtime });
    const want = { dtype: 'uint8', shape: [3], data: Uint8Array.of(0, 128, 255) };
    expect((await session.run({ x: { data: Uint8Array.of(0, 128, 255), shape: [3] } })).y).toEqual(want);
    expect((await session.run({ x: { data: Float32Array.of(-4, 127.6, 300), shape: [3] } })).y).toEqual(want);
  });

  // A target layer may be the last convolution of a residual block: onnxruntime-web fused it away.
  test('both convolutions before Add and Relu can be outputs', async () => {
    const shape = [1, 1, 2, 2];
    const number = (value: number) => new Uint8Array(Float32Array.of(value).buffer);
    for (const output of ['c', 'd']) {
      const bytes = model({
        nodes: [
          node('Conv', ['x', 'w', 'b'], ['c']),
          node('Conv', ['x', 'v', 'b'], ['d']),
          node('Add', ['c', 'd'], ['s']),
          node('Relu', ['s'], ['y']),
        ],
        inputs: [valueInfo('x', FLOAT, shape)],
        outputs: [valueInfo('y', FLOAT, shape), valueInfo(output, FLOAT, shape)],
        initializers: [
          initializer('w', FLOAT, [1, 1, 1, 1], number(-3)),
          initializer('v', FLOAT, [1, 1, 1, 1], number(2)),
          initializer('b', FLOAT, [1], number(1)),
        ],
      });
      const session = await openSession({ bytes }, { runtime });
      const { y, [output]: layer } = await session.run({ x: tensor(Float32Array.of(-1, 0, 1, 2), shape) });
      const want = { c: [4, 1, -2, -5], d: [-1, 1, 3, 5] }[output] ?? [];
      expectFloats(layer, tensor(Float32Array.from(want), shape), 0);
      expectFloats(y, tensor(Float32Array.of(3, 2, 1, 0), shape), 0);
      await session.dispose();
    }
  });

  test('int64 stays exact beyond 2^53', async () => {
    const session = await openSession({ bytes: unary('Identity', INT64, ['n']) }, { runtime });
    const data = BigInt64Array.of(-1n, 2n ** 53n + 1n);
    expect((await session.run({ x: { data, shape: [2] } })).y).toEqual({ dtype: 'int64', shape: [2], data });
  });

  // 1: one by one; 3 and 8: the last pass is not full; 5: exactly one pass; n: dynamic
  test.for([1, 3, 5, 8, 'n'] as const)('five rows through a batch of %s', async (batch) => {
    const session = await openSession({ bytes: affine(batch) }, { runtime });
    const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    const want = x.map((v, i) => 2 * v + (i % 2));
    expectFloats((await session.run({ x: tensor(x, [5, 2]) })).y, tensor(want, [5, 2]), 0);
  });

  test('only requested outputs are returned', async () => {
    const bytes = model({
      nodes: [node('Relu', ['x'], ['a']), node('Neg', ['x'], ['b'])],
      inputs: [valueInfo('x', FLOAT, [1])],
      outputs: [valueInfo('a', FLOAT, [1]), valueInfo('b', FLOAT, [1])],
    });
    const session = await openSession({ bytes }, { runtime });
    const feeds = { x: tensor(Float32Array.of(2), [1]) };
    expect(Object.keys(await session.run(feeds))).toEqual(['a', 'b']);
    expect(Object.keys(await session.run(feeds, { outputs: ['b'] }))).toEqual(['b']);
    await expect(session.run(feeds, { outputs: ['c'] })).rejects.toThrow(
      'outputs: expected some of "a", "b", got "c".',
    );
  });

  test('weights come from external data', async () => {
    const externalData = [{ path: 'w.bin', data: new Uint8Array(Float32Array.of(5, 7).buffer) }];
    const session = await openSession({ bytes: withExternalWeights, externalData }, { runtime });
    const { y } = await session.run({ x: tensor(Float32Array.of(1, 2), [1, 2]) });
    expectFloats(y, tensor(Float32Array.of(6, 9), [1, 2]), 0);
  });

  test('external data in "./w.bin"', async () => {
    const externalData = [{ path: './w.bin', data: new Uint8Array(Float32Array.of(5, 7).buffer) }];
    const session = await openSession({ bytes: external('./w.bin', 8), externalData }, { runtime });
    const { y } = await session.run({ x: tensor(Float32Array.of(1, 2), [1, 2]) });
    expectFloats(y, tensor(Float32Array.of(6, 9), [1, 2]), 0);
  });

  test('concurrent runs do not mix', async () => {
    const session = await openSession({ bytes: affine(1) }, { runtime });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => session.run({ x: tensor(Float32Array.of(i, i), [1, 2]) })),
    );
    results.forEach(({ y }, i) => {
      expectFloats(y, tensor(Float32Array.of(2 * i, 2 * i + 1), [1, 2]), 0);
    });
  });

  test('later runs do not change an output, and a run does not change its feeds', async () => {
    const session = await openSession({ bytes: unary('Identity', FLOAT, [2]) }, { runtime });
    const x = Float32Array.of(1, 2);
    const first = onHost((await session.run({ x: tensor(x, [2]) })).y);
    x.fill(9);
    await session.run({ x: tensor(x, [2]) });
    expect(first.data).toEqual(Float32Array.of(1, 2));
    expect(x).toEqual(Float32Array.of(9, 9));
  });

  test('an aborted signal stops before the next pass, with its reason', async () => {
    const session = await openSession({ bytes: affine(1) }, { runtime });
    const stop = new AbortController();
    const running = session.run({ x: tensor(new Float32Array(2000), [1000, 2]) }, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });

  test('dispose waits for running passes, may be called twice, and ends the session', async () => {
    const session = await openSession({ bytes: affine(1) }, { runtime });
    const feeds = { x: tensor(new Float32Array(20), [10, 2]) };
    const running = session.run(feeds);
    await session.dispose();
    expectFloats(
      (await running).y,
      tensor(
        Float32Array.from({ length: 20 }, (_, i) => i % 2),
        [10, 2],
      ),
      0,
    );
    await session.dispose();
    await expect(session.run(feeds)).rejects.toThrow(
      'session: expected an open one, got one that was disposed.',
    );
  });

  test.for([
    [{}, 'input', 'input "x": expected a tensor of shape [n, 2], got nothing.'],
    [
      { x: tensor(new Float32Array(2), [1, 2]), z: tensor(new Float32Array(1), [1]) },
      'input',
      'input "z": expected one of the model\'s inputs ("x").',
    ],
    [{ x: tensor(new Float32Array(3), [1, 3]) }, 'shape', 'input "x": expected [n, 2], got [1, 3].'],
    [{ x: tensor(new Float32Array(2), [2]) }, 'shape', 'input "x": expected [n, 2], got [2].'],
    [{ x: tensor(new Float32Array(0), [0, 2]) }, 'shape', 'input "x": expected [n, 2], got [0, 2].'],
    [{ x: tensor(new Float32Array(3), [2, 2]) }, 'shape', 'input "x": expected 4 values for [2, 2], got 3.'],
  ] as const)('feeds that do not fit: %#', async ([feeds, code, message]) => {
    const session = await openSession({ bytes: affine('n') }, { runtime });
    await expect(session.run(feeds)).rejects.toMatchObject({ name: 'CamError', code, message });
  });
});

const external = (path: string, bytes: number): Uint8Array =>
  model({
    nodes: [node('Add', ['x', 'w'], ['y'])],
    inputs: [valueInfo('x', FLOAT, [1, 2])],
    outputs: [valueInfo('y', FLOAT, [1, 2])],
    initializers: [initializer('w', FLOAT, [2], { path, bytes })],
  });

const withExternalWeights = external('w.bin', 8);

const name = { node: 'onnxruntime-node cpu', web: 'onnxruntime-web wasm' };

describe.each(['node', 'web'] as const)('what the runtime %s refuses', (runtime) => {
  const notAModel =
    'model: expected an ONNX model, got bytes that are not one, or only part of one. Get the file again.';

  test.for([
    ['text', new TextEncoder().encode('<html>404</html>'), notAModel],
    ['nothing', new Uint8Array(0), notAModel],
    ['the first half of a model', affine(1).subarray(0, 90), notAModel],
    [
      'a future opset',
      unary('Relu', FLOAT, [1], 99),
      `model: expected an opset that ${name[runtime]} knows, got opset 99. Export the model with an older opset, or install a newer ONNX Runtime.`,
    ],
    [
      'an unknown operator',
      unary('Frobnicate', FLOAT, [1]),
      `model: expected operators that ${name[runtime]} has, got Frobnicate. Export the model without it, or use another runtime.`,
    ],
    [
      'an operator on the wrong type',
      unary('Not', FLOAT, [1]),
      `model: ${name[runtime]} cannot load it: This is an invalid model. Type Error: Type 'tensor(float)' of input parameter (x) of operator (Not) in node (node_y) is invalid.`,
    ],
    [
      'missing external weights',
      withExternalWeights,
      'model: expected the file "w.bin" (it holds weights of this model), got none. Keep it beside the model, or pass its bytes as external data.',
    ],
  ] as const)('%s', async ([, bytes, message]) => {
    await expect(openSession({ bytes }, { runtime })).rejects.toMatchObject({ code: 'model', message });
  });

  test('external weights under another name', async () => {
    const externalData = [{ path: 'v.bin', data: new Uint8Array(8) }];
    await expect(openSession({ bytes: withExternalWeights, externalData }, { runtime })).rejects.toThrow(
      'model: expected the file "w.bin" (it holds weights of this model), got none.',
    );
  });

  test('truncated external weights', async () => {
    const externalData = [{ path: 'w.bin', data: new Uint8Array(4) }];
    const which = { node: 'the file of "w"', web: 'the file "w.bin"' }[runtime];
    await expect(openSession({ bytes: withExternalWeights, externalData }, { runtime })).rejects.toThrow(
      `model: expected all weights in ${which}, got a file that is too short (${name[runtime]}). Get that file again.`,
    );
  });

  test('external weights whose length does not fit their shape', async () => {
    const externalData = [{ path: 'w.bin', data: new Uint8Array(8) }];
    await expect(openSession({ bytes: external('w.bin', 4), externalData }, { runtime })).rejects.toThrow(
      'model: expected 8 bytes of external values for the tensor "w", got a length of 4. The file is damaged: fetch or export it again.',
    );
  });

  test('an operator whose name is as long as the file', async () => {
    const before = process.cpuUsage().user;
    await expect(openSession({ bytes: unary('Q'.repeat(100_000), FLOAT, [1]) }, { runtime })).rejects.toThrow(
      'QQQ',
    );
    expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(2);
  });

  test('a tensor larger than any memory', async () => {
    const bytes = model({
      nodes: [node('ConstantOfShape', ['s'], ['c']), node('Add', ['c', 'x'], ['y'])],
      inputs: [valueInfo('s', INT64, [2]), valueInfo('x', FLOAT, [1])],
      outputs: [valueInfo('y', FLOAT, ['n', 'm'])],
    });
    const session = await openSession({ bytes }, { runtime });
    // 2^44 bytes in native code; in WebAssembly 4 GB less a page, the most that it can address
    const sizes = {
      node: BigInt64Array.of(2n ** 30n, 2n ** 12n),
      web: BigInt64Array.of(2n ** 15n, 2n ** 15n - 1n),
    };
    const feeds = { s: { data: sizes[runtime], shape: [2] }, x: tensor(new Float32Array(1), [1]) };
    const running = session.run(feeds);
    await expect(running).rejects.toMatchObject({ code: 'model' });
    await expect(running).rejects.toThrow(`model: ${name[runtime]} ran out of memory (`);
  });
});

test('the first session of onnxruntime-web fixes the number of threads', async () => {
  const bytes = affine(1);
  await openSession({ bytes }, { runtime: 'web' });
  const fixed = webOrt.env.wasm.numThreads!;
  expect(fixed).toBeGreaterThanOrEqual(1);
  await openSession({ bytes }, { runtime: 'web', threads: fixed });
  await expect(openSession({ bytes }, { runtime: 'web', threads: fixed + 1 })).rejects.toThrow(
    `threads: expected ${fixed} (onnxruntime-web keeps the number of its first session), got ${fixed + 1}. Ask for it before the first session, or in another process.`,
  );
});

import { afterAll, describe, expect, type TestContext, test } from 'vitest';
import { type Gpu, openGpu } from '../../src/backends/gpu-device.js';
import { CamError } from '../../src/errors.js';
import { type DeviceTensor, isDeviceTensor, type Output, openSession } from '../../src/runtime/index.js';
import { expectClose } from '../close.js';
import { FLOAT, FLOAT16, INT64, model, node, unary, valueInfo } from './models.js';
import { expectFloats, noReference, onHost, reference } from './support.js';

let opening: Promise<Gpu> | undefined;

/** One device for all tests here. Without an adapter they are skipped, or fail where a GPU is required. */
async function device(skip: TestContext['skip']): Promise<GPUDevice> {
  opening ??= openGpu();
  try {
    return (await opening).device;
  } catch (error) {
    if (process.env.ONNX_CAM_REQUIRE_GPU === '1' || !(error instanceof CamError)) throw error;
    return skip(error.message);
  }
}

afterAll(async () => (await opening?.catch(() => undefined))?.device.destroy());

function onDevice(output: Output | undefined): DeviceTensor {
  if (!output || !isDeviceTensor(output)) throw new Error('expected an output on the device');
  return output;
}

/** The values that a kernel which binds `bytes` bytes would see. */
async function read(gpu: GPUDevice, { buffer, bytes }: DeviceTensor): Promise<Float32Array> {
  const staging = gpu.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
  gpu.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const data = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  return data;
}

/**
 * `y = relu(x)`, a batch of `batch` rows of three: 12 bytes, not a multiple of the 16 that ONNX Runtime
 * rounds up to.
 */
const relu = (batch: number | string) => unary('Relu', FLOAT, [batch, 3]);
const rows = (...data: number[]) => ({ data: Float32Array.from(data), shape: [data.length / 3, 3] });

// A software adapter takes seconds for a forward pass.
describe('a session on a shared GPU device', { timeout: 120_000 }, () => {
  // vgg_gap: plain convolutions; mobilenet_v2: depthwise ones, where layouts matter
  test.for(['vgg_gap', 'mobilenet_v2'])(
    'gives the same as the wasm runtime for %s, within 1e-4 of the largest value',
    async (family, { skip }) => {
      const gpu = await device(skip);
      if (noReference) return skip(noReference);
      const { bytes, input, logits } = reference(family);
      const size = input.data.length / input.shape[0];
      const one = { data: input.data.slice(0, size), shape: [1, ...input.shape.slice(1)] };
      const [onGpu, onCpu] = await Promise.all([
        openSession({ bytes }, { runtime: 'webgpu', device: gpu }),
        openSession({ bytes }, { runtime: 'web' }),
      ]);
      expect(onGpu.runtime).toBe('onnxruntime-web webgpu');
      const [name] = onGpu.outputs;
      const got = onHost((await onGpu.run({ [onGpu.inputs[0].name]: one }))[name]);
      const want = onHost((await onCpu.run({ [onCpu.inputs[0].name]: one }))[name]);
      expectClose(Float32Array.from(got.data, Number), Float32Array.from(want.data, Number), got.shape, 1e-4);
      const [classes] = logits.shape.slice(1);
      expectFloats(got, { data: logits.data.slice(0, classes), shape: [1, classes] }, 1e-4);
      await onGpu.dispose();
    },
  );

  test('an output that is kept has its exact size and stays on the device', async ({ skip }) => {
    const gpu = await device(skip);
    const session = await openSession(
      { bytes: relu('n') },
      { runtime: 'webgpu', device: gpu, keepOnDevice: ['y'] },
    );
    const y = onDevice((await session.run({ x: rows(-1, 2, 3) })).y);
    expect([y.shape, y.bytes]).toEqual([[1, 3], 12]);
    expect(await read(gpu, y)).toEqual(Float32Array.of(0, 2, 3));
    await session.dispose();
  });

  test('kept outputs of several runs do not overwrite one another until they are disposed', async ({
    skip,
  }) => {
    const gpu = await device(skip);
    const session = await openSession(
      { bytes: relu('n') },
      { runtime: 'webgpu', device: gpu, keepOnDevice: ['y'] },
    );
    const kept = [];
    for (let i = 1; i <= 4; i++) kept.push(onDevice((await session.run({ x: rows(i, i, i) })).y));
    for (const [i, y] of kept.entries()) expect((await read(gpu, y))[0]).toBe(i + 1);
    kept[0].dispose();
    kept[0].dispose();
    await session.run({ x: rows(9, 9, 9) });
    expect((await read(gpu, kept[1]))[0]).toBe(2);
    await session.dispose();
  });

  test('a fixed batch runs in parts that are joined on the device, with the padding of the last part cut', async ({
    skip,
  }) => {
    const gpu = await device(skip);
    const session = await openSession(
      { bytes: relu(2) },
      { runtime: 'webgpu', device: gpu, keepOnDevice: ['y'] },
    );
    const y = onDevice((await session.run({ x: rows(1, -2, 3, 4, 5, -6, 7, 8, 9) })).y);
    expect([y.shape, y.bytes]).toEqual([[3, 3], 36]);
    expect(await read(gpu, y)).toEqual(Float32Array.of(1, 0, 3, 4, 5, 0, 7, 8, 9));
    await session.dispose();
  });

  /** A buffer of the device with rows, as a kernel would write them. */
  const rowsOn = (gpu: GPUDevice, data: readonly number[], usage: number, size = 4 * data.length) => {
    const buffer = gpu.createBuffer({ size, usage });
    gpu.queue.writeBuffer(buffer, 0, Float32Array.from(data));
    return { buffer, shape: [data.length / 3, 3] };
  };
  const FED = 4 | 8 | 128; // COPY_SRC, COPY_DST, STORAGE

  test('a tensor on the device is fed in place, also the output of another session', async ({ skip }) => {
    const gpu = await device(skip);
    const options = { runtime: 'webgpu', device: gpu, keepOnDevice: ['y'] } as const;
    const [session, next] = [
      await openSession({ bytes: relu('n') }, options),
      await openSession({ bytes: unary('Neg', FLOAT, ['n', 3]) }, { runtime: 'webgpu', device: gpu }),
    ];
    expect(session.device).toBe(gpu);
    // The size of four rows is a multiple of 16 bytes. That of one row is not, so its buffer is larger.
    const four = rowsOn(gpu, [1, -2, 3, 4, 5, -6, 7, 8, 9, -10, -11, 12], FED);
    const y = onDevice((await session.run({ x: four })).y);
    expect(await read(gpu, y)).toEqual(Float32Array.of(1, 0, 3, 4, 5, 0, 7, 8, 9, 0, 0, 12));
    expectFloats((await next.run({ x: y })).y, rows(-1, -0, -3, -4, -5, -0, -7, -8, -9, -0, -0, -12), 0);
    const one = rowsOn(gpu, [1, -2, 3], FED, 16);
    expectFloats((await next.run({ x: one })).y, rows(-1, 2, -3), 0);
    // Fed again after a change, and after its first run: nothing is cached.
    gpu.queue.writeBuffer(one.buffer, 0, Float32Array.of(5, 6, 7));
    expectFloats((await next.run({ x: one })).y, rows(-5, -6, -7), 0);
    one.buffer.destroy();
    await next.dispose();
    await session.dispose();
  });

  test('a fixed batch takes the rows of a device tensor in parts, and fills up the last part', async ({
    skip,
  }) => {
    const gpu = await device(skip);
    const session = await openSession({ bytes: relu(2) }, { runtime: 'webgpu', device: gpu });
    const five = [1, -2, 3, 4, 5, -6, 7, 8, 9, -1, -1, 2, -3, -3, 4];
    const x = rowsOn(gpu, five, FED, 64);
    expectFloats((await session.run({ x })).y, rows(...five.map((value) => Math.max(0, value))), 0);
    await session.dispose();
  });

  test('device tensors that a session cannot take', async ({ skip }) => {
    const gpu = await device(skip);
    const onGpu = await openSession({ bytes: relu('n') }, { runtime: 'webgpu', device: gpu });
    const [ints, onCpu] = [
      await openSession({ bytes: unary('Neg', INT64, ['n', 3]) }, { runtime: 'webgpu', device: gpu }),
      await openSession({ bytes: relu('n') }, { runtime: 'web' }),
    ];
    const x = rowsOn(gpu, [1, 2, 3], FED, 16);
    const short = rowsOn(gpu, [1, 2, 3], FED);
    const unreadable = rowsOn(gpu, [1, 2, 3], 8 | 128, 16);
    expect(onCpu.device).toBeUndefined();
    const refusals = [
      [
        onCpu,
        x,
        'input',
        "expected values in the host's memory (the session runs on the CPU), got a buffer on a GPU device. Read it back first.",
      ],
      [
        ints,
        x,
        'input',
        "expected values in the host's memory (the model takes int64), got a buffer on a GPU device. Read it back first.",
      ],
      [onGpu, { ...x, shape: [1, 4] }, 'shape', 'expected [n, 3], got [1, 4].'],
      [onGpu, short, 'shape', 'expected a buffer of 16 bytes (12, rounded up to 16), got 12.'],
      [
        onGpu,
        unreadable,
        'input',
        'expected a buffer with the usages STORAGE, COPY_SRC and COPY_DST (140), got 136.',
      ],
    ] as const;
    for (const [session, feed, code, message] of refusals)
      await expect(session.run({ x: feed })).rejects.toMatchObject({
        code,
        message: `input "x": ${message}`,
      });
    for (const session of [onGpu, ints, onCpu]) await session.dispose();
  });

  test('two sessions with twenty concurrent runs each', async ({ skip }) => {
    const gpu = await device(skip);
    const sessions = await Promise.all(
      [1, 'n'].map((n) => openSession({ bytes: relu(n) }, { runtime: 'webgpu', device: gpu })),
    );
    const runs = Array.from({ length: 40 }, (_, i) => sessions[i % 2].run({ x: rows(i, -i, 1) }));
    for (const [i, { y }] of (await Promise.all(runs)).entries()) expectFloats(y, rows(i, 0, 1), 0);
    await Promise.all(sessions.map((session) => session.dispose()));
  });

  test('disposing a session frees its tensors on the device, also those of a run in progress', async ({
    skip,
  }) => {
    const gpu = await device(skip);
    const session = await openSession(
      { bytes: relu('n') },
      { runtime: 'webgpu', device: gpu, keepOnDevice: ['y'] },
    );
    const first = onDevice((await session.run({ x: rows(1, 2, 3) })).y);
    const second = session.run({ x: rows(4, 5, 6) });
    await session.dispose();
    first.dispose();
    onDevice((await second).y).dispose();

    const next = await openSession({ bytes: relu('n') }, { runtime: 'webgpu', device: gpu });
    expectFloats((await next.run({ x: rows(1, -2, 3) })).y, rows(1, 0, 3), 0);
    await next.dispose();
  });

  test('a kept output that is not float32 comes to the host', async ({ skip }) => {
    const gpu = await device(skip);
    const bytes = model({
      nodes: [node('ArgMax', ['x'], ['y'], { axis: 1, keepdims: 0 })],
      inputs: [valueInfo('x', FLOAT, ['n', 3])],
      outputs: [valueInfo('y', INT64, ['n'])],
    });
    const session = await openSession({ bytes }, { runtime: 'webgpu', device: gpu, keepOnDevice: ['y'] });
    const { y } = await session.run({ x: rows(1, 3, 2, 5, 4, 3) });
    expect(y).toEqual({ dtype: 'int64', shape: [2], data: BigInt64Array.of(1n, 0n) });
    await session.dispose();
  });

  test('a float16 model gives float32 on the host, or says that the device has no float16', async ({
    skip,
  }) => {
    const gpu = await device(skip);
    const session = await openSession(
      { bytes: unary('Relu', FLOAT16, ['n', 3]) },
      { runtime: 'webgpu', device: gpu, keepOnDevice: ['y'] },
    );
    const running = session.run({ x: rows(-1, 0.5, 2) });
    if (gpu.features.has('shader-f16')) expectFloats((await running).y, rows(0, 0.5, 2), 0);
    else
      await expect(running).rejects.toMatchObject({
        code: 'backend',
        message:
          'onnxruntime-web webgpu: expected a GPU device with the feature shader-f16 (the model computes in float16), got one without. Run the model on the CPU.',
      });
    await session.dispose();
  });

  // Reshape throws inside ONNX Runtime, and that leaves its session locked
  test('a run that fails neither stops the next one nor frees kept outputs', async ({ skip }) => {
    const gpu = await device(skip);
    const bytes = model({
      nodes: [node('Reshape', ['x', 'shape'], ['y'])],
      inputs: [valueInfo('x', FLOAT, ['n', 3]), valueInfo('shape', INT64, [1])],
      outputs: [valueInfo('y', FLOAT, ['m'])],
    });
    const session = await openSession({ bytes }, { runtime: 'webgpu', device: gpu, keepOnDevice: ['y'] });
    const run = (size: number) =>
      session.run({ x: rows(1, 2, 3), shape: { data: Int32Array.of(size), shape: [1] } });
    const before = onDevice((await run(3)).y);
    await expect(run(4)).rejects.toThrow(
      'model: onnxruntime-web webgpu cannot run it: input_shape_size == requested_shape_size was false. The input tensor cannot be reshaped to the requested shape. Input shape:{1,3}, requested shape:{4}.',
    );
    const after = onDevice((await run(3)).y);
    for (const y of [before, after]) expect(await read(gpu, y)).toEqual(Float32Array.of(1, 2, 3));
    await session.dispose();
  });

  test('a model that cannot be loaded', async ({ skip }) => {
    const gpu = await device(skip);
    await expect(
      openSession({ bytes: unary('Frobnicate', FLOAT, [1]) }, { runtime: 'webgpu', device: gpu }),
    ).rejects.toThrow('model: expected operators that onnxruntime-web webgpu has, got Frobnicate.');
  });

  test('the error names the lost device as the reason', async ({ skip }) => {
    await device(skip);
    const { device: lost } = await openGpu();
    const session = await openSession({ bytes: relu('n') }, { runtime: 'webgpu', device: lost });
    await session.run({ x: rows(1, 2, 3) });
    lost.destroy();
    const running = session.run({ x: rows(1, 2, 3) });
    await expect(running).rejects.toMatchObject({ name: 'CamError', code: 'gpu' });
    await expect(running).rejects.toThrow(/^onnxruntime-web webgpu: the GPU device was lost \(/);
    await session.dispose();
  });
});

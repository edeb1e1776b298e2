import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import type { Kernel, Tensor } from '../../src/backends/backend.js';
import { type Gpu, openGpu } from '../../src/backends/gpu-device.js';
import { openBackend } from '../../src/backends/select.js';
import { openWebGpu } from '../../src/backends/webgpu.js';
import { wgsl } from '../../src/generated/wgsl.js';
import { channelSum } from '../../src/kernels/channel-sum.js';
import { opsOn } from '../../src/kernels/ops.js';
import { relu } from '../../src/kernels/relu.js';
import { spatialMean } from '../../src/kernels/spatial-mean.js';
import { open } from '../backends.js';

type Skip = (reason: string) => void;
const values = Float32Array.of(-1, 2, -3, 4);

// A new device for each test: these tests provoke errors, and errors stay with a backend.
async function fresh(skip: Skip) {
  await open('webgpu', skip);
  const gpu = await openGpu();
  const uncaptured = vi.fn();
  gpu.device.onuncapturederror = uncaptured;
  return { gpu, uncaptured, backend: openWebGpu(gpu) };
}

const code = wgsl[relu.shader.file];

const broken = (from: string, to: string): Kernel<'x', void> => ({
  ...relu,
  shader: { ...relu.shader, code: code.replace(from, to) },
});

test('a shader that does not compile is named with file, line and column', async ({ skip }) => {
  const { backend, uncaptured } = await fresh(skip);
  const x = backend.upload(values, [4], 'float32');
  const y = backend.run(broken('max(x[i]', 'max(z[i]'), { x }, undefined);
  const line = code.split('\n').findIndex((text) => text.includes('max(x[i]'));
  const column = code.split('\n')[line].indexOf('x[i]');
  const error = {
    code: 'gpu',
    message: `${relu.shader.file}:${line + 1}:${column + 1}: unresolved value 'z'`,
  };
  await expect(backend.read(y)).rejects.toMatchObject(error);
  // Later results of a failed device must not be trusted either.
  await expect(backend.read(opsOn(backend).relu(x))).rejects.toMatchObject(error);
  expect(uncaptured).not.toHaveBeenCalled();
});

test('a line of an imported file is named with that file', async ({ skip }) => {
  const { backend } = await fresh(skip);
  const text = wgsl[spatialMean.shader.file].replace('= own;', '= ours;');
  const broken = { ...spatialMean, shader: { ...spatialMean.shader, code: text } };
  const mean = backend.run(broken, { x: backend.upload(values, [1, 1, 2, 2], 'float32') }, undefined);
  const lines = readFileSync('kernels/shared/reduce.wgsl', 'utf8').split('\n');
  const line = lines.findIndex((content) => content.includes('= own;'));
  await expect(backend.read(mean)).rejects.toMatchObject({
    code: 'gpu',
    message: `kernels/shared/reduce.wgsl:${line + 1}:${lines[line].indexOf('own') + 1}: unresolved value 'ours'`,
  });
});

test('line and column point into the file itself', () => {
  const lines = readFileSync(relu.shader.file, 'utf8').split('\n');
  code.split('\n').forEach((line, i) => {
    expect(lines[i].startsWith(line), `${relu.shader.file}:${i + 1}`).toBe(true);
  });
});

test('for a binding that does not fit the shader, the error names the kernel', async ({ skip }) => {
  const { backend, uncaptured } = await fresh(skip);
  const x = backend.upload(values, [4], 'float32');
  const y = backend.run(broken('var<storage, read> x', 'var<storage, read_write> x'), { x: x }, undefined);
  await expect(backend.read(y)).resolves.toEqual(Float32Array.of(0, 2, 0, 4)); // still valid WGSL
  const z = backend.run(broken('@binding(1)', '@binding(7)'), { x }, undefined);
  await expect(backend.read(z)).rejects.toMatchObject({
    code: 'gpu',
    message: expect.stringMatching(/^kernels\/relu\.wgsl: /),
  });
  expect(uncaptured).not.toHaveBeenCalled();
});

test('more workgroups than the device accepts are an error', async ({ skip }) => {
  const { backend } = await fresh(skip);
  const x = backend.upload(values, [4], 'float32');
  const wide: Kernel<'x', void> = {
    ...relu,
    plan: (shapes) => ({ ...relu.plan(shapes, undefined), workgroups: [65_536, 1, 1] }),
  };
  // The error appears when the commands are submitted; the label names the kernel.
  await expect(backend.read(backend.run(wide, { x }, undefined))).rejects.toThrow(
    /^submit: .*65536.*"relu"/s,
  );
});

test('a tensor that is too large for the device is refused before it is allocated', async ({ skip }) => {
  const { backend, gpu } = await fresh(skip);
  const limit = Math.min(gpu.device.limits.maxStorageBufferBindingSize, gpu.device.limits.maxBufferSize);
  const x = backend.upload(values, [4], 'float32');
  const large: Kernel<'x', void> = {
    ...relu,
    plan: (shapes) => ({ ...relu.plan(shapes, undefined), output: [limit / 4 + 1] }),
  };
  expect(() => backend.run(large, { x }, undefined)).toThrow(
    `relu: expected at most ${limit} bytes in one tensor on ${backend.device}, got ${limit + 4}. Use smaller batches.`,
  );
  expect(await backend.read(opsOn(backend).relu(x))).toEqual(Float32Array.of(0, 2, 0, 4));
});

test('a lost device makes the next read fail', async ({ skip }) => {
  const { backend, gpu } = await fresh(skip);
  const y = opsOn(backend).relu(backend.upload(values, [4], 'float32'));
  gpu.device.destroy();
  await expect(backend.read(y)).rejects.toMatchObject({ code: 'gpu' });
});

test('more calls than one submit holds run in order, temporaries freed between them', async ({ skip }) => {
  const { backend, uncaptured } = await fresh(skip);
  const addPair: Kernel<'x', void> = {
    shader: channelSum.shader,
    plan: () => ({
      params: { batch: 1, channels: 2, positions: 1 },
      output: [1, 1, 1],
      workgroups: [1, 1, 1],
    }),
  };
  // Each round doubles the value. With 200 dispatches, a lost or reordered one would show.
  let map: Tensor<3> = backend.upload(Float32Array.of(1), [1, 1, 1], 'float32');
  for (let i = 0; i < 100; i++) {
    const last = map;
    map = backend.scope(() => {
      const pair = opsOn(backend).resizeBilinear(last, [1, 2]);
      return backend.run(addPair, { x: pair }, undefined) as Tensor<3>;
    });
    backend.release(last);
  }
  expect(await backend.read(map)).toEqual(Float32Array.of(2 ** 100));
  expect(uncaptured).not.toHaveBeenCalled();
});

test('a wrapped buffer is read in place and not destroyed', async ({ skip }) => {
  const { backend, gpu, uncaptured } = await fresh(skip);
  // Buffers from ONNX Runtime are longer than the tensor in them.
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = gpu.device.createBuffer({ size: 65_536, usage });
  gpu.device.queue.writeBuffer(buffer, 0, Float32Array.of(-1, 2, -3, 4, 99, 99));
  const read = () => backend.scope(() => backend.read(opsOn(backend).relu(backend.wrap(buffer, [1, 2, 2]))));
  expect(await read()).toEqual(Float32Array.of(0, 2, 0, 4));
  expect(await read()).toEqual(Float32Array.of(0, 2, 0, 4));
  backend.dispose();
  gpu.device.queue.writeBuffer(buffer, 0, Float32Array.of(1));
  await gpu.device.queue.onSubmittedWorkDone();
  expect(uncaptured).not.toHaveBeenCalled();
});

test('disposing frees every tensor and leaves the device open', async ({ skip }) => {
  const { backend, gpu } = await fresh(skip);
  const x = backend.upload(values, [4], 'float32');
  backend.dispose();
  await expect(backend.read(x)).rejects.toThrow('read: expected a tensor of this backend');
  const second = openWebGpu(gpu);
  expect(await second.read(second.upload(values, [4], 'float32'))).toEqual(values);
});

test("'auto' chooses WebAssembly for a software adapter, WebGPU for a real one", async ({ skip }) => {
  const { gpu }: { gpu: Gpu } = await fresh(skip);
  const backend = await openBackend('auto');
  expect(backend.name).toBe(gpu.software ? 'wasm' : 'webgpu');
  if (/swiftshader/i.test(gpu.adapter)) expect(backend.device).toBe('WebAssembly SIMD');
  const asked = await openBackend('webgpu');
  expect(asked).toMatchObject({ name: 'webgpu', device: gpu.adapter });
});

import type { Tensor } from 'onnxruntime-common';
import { type DeviceRows, joinedShape, type Plan } from './chunks.js';
import { bufferSize } from './feeds.js';
import type { Lock } from './lock.js';
import type { DeviceTensor } from './types.js';

/** The outputs of one session that live on the GPU and were not given back yet. */
export class DeviceTensors {
  readonly #live = new Set<() => void>();

  constructor(
    private readonly device: GPUDevice,
    private readonly lock: Lock,
  ) {}

  /** Takes over a float32 output that ONNX Runtime left on the device. */
  adopt(tensor: Tensor): DeviceTensor {
    return this.#track(tensor.gpuBuffer, tensor.dims, () => {
      // Freed under the lock: a run may be suspended in the same WebAssembly instance.
      void this.lock.run(() => tensor.dispose());
    });
  }

  /** The wanted rows of each pass, copied into one new buffer; the passes' own buffers are given back. */
  join(name: string, parts: readonly DeviceTensor[], { batch, chunks }: Plan): DeviceTensor {
    const [first] = parts as [DeviceTensor];
    const total = chunks.reduce((sum, { rows }) => sum + rows, 0);
    const shape = joinedShape(name, first.shape, batch, total);
    const row = first.bytes / batch;
    const buffer = this.#buffer(name, total * row);
    const encoder = this.device.createCommandEncoder();
    parts.forEach((part, i) => {
      encoder.copyBufferToBuffer(part.buffer, 0, buffer, i * batch * row, chunks[i].rows * row);
    });
    this.device.queue.submit([encoder.finish()]);
    for (const part of parts) part.dispose();
    return this.#track(buffer, shape, () => buffer.destroy());
  }

  /** Rows of a tensor as a buffer of their own, to be destroyed after the pass. */
  copyRows(
    name: string,
    { buffer, shape }: DeviceRows,
    { from, rows }: Required<DeviceRows>['part'],
  ): GPUBuffer {
    const [batch, ...rest] = shape;
    const row = 4 * rest.reduce((size, d) => size * d, 1);
    const copy = this.#buffer(name, batch * row);
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, from * row, copy, 0, rows * row);
    for (let i = rows; i < batch; i++)
      encoder.copyBufferToBuffer(buffer, (from + rows - 1) * row, copy, i * row, row);
    this.device.queue.submit([encoder.finish()]);
    return copy;
  }

  disposeAll(): void {
    for (const dispose of this.#live) dispose();
  }

  #buffer(label: string, bytes: number): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    return this.device.createBuffer({ label, size: bufferSize(bytes), usage });
  }

  #track(buffer: GPUBuffer, shape: readonly number[], free: () => void): DeviceTensor {
    const dispose = () => {
      if (this.#live.delete(dispose)) free();
    };
    this.#live.add(dispose);
    return { shape, buffer, bytes: 4 * shape.reduce((size, d) => size * d, 1), dispose };
  }
}

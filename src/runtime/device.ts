import type { Tensor } from 'onnxruntime-common';
import { type Chunks, type DeviceRows, joinedShape } from './chunks.js';
import { bufferSize } from './feeds.js';
import type { Lock } from './lock.js';
import type { DeviceTensor } from './types.js';

/** The outputs of one session that are on the GPU and not disposed yet. */
export class DeviceTensors {
  readonly #live = new Set<() => void>();

  constructor(
    private readonly device: GPUDevice,
    private readonly lock: Lock,
  ) {}

  /** Registers a float32 output that ONNX Runtime left on the device. */
  adopt(tensor: Tensor): DeviceTensor {
    return this.#track(tensor.gpuBuffer, tensor.dims, () => {
      // Freed with the lock held: a run may be suspended in the same WebAssembly instance.
      void this.lock.run(() => tensor.dispose());
    });
  }

  /** The result rows of each pass, copied into one new buffer. The passes' own buffers are disposed. */
  join(name: string, parts: readonly DeviceTensor[], { batch, chunks }: Chunks): DeviceTensor {
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

  /** Rows of a tensor, copied to a new buffer that must be destroyed after the pass. */
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

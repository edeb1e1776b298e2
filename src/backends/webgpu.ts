import { CamError } from '../errors.js';
import type { GpuBuffer } from '../types.js';
import {
  type Backend,
  type DataType,
  elements,
  type Kernel,
  type Plan,
  type Shader,
  type Shape,
  type Tensor,
  type TensorOf,
  type TypedArrays,
} from './backend.js';
import { BufferPool } from './buffer-pool.js';
import type { Gpu } from './gpu-device.js';
import { type Program, Programs } from './programs.js';
import { ReadBack } from './read-back.js';
import { expectLength, planCall, TensorRegistry } from './registry.js';
import { sourceLine } from './source-line.js';

/** A tensor's buffer. `owned` is false for buffers that somebody else frees. */
interface TensorBuffer {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  readonly owned: boolean;
}

/** The GPU backend: a backend whose tensors are GPU buffers. */
export interface WebGpuBackend extends Backend {
  readonly name: 'webgpu';
  readonly gpu: Gpu;
  /**
   * Wraps a buffer of the same device as a tensor, without copying. Its owner frees it, after the next `read`
   * has returned.
   */
  wrap<const S extends Shape>(buffer: GpuBuffer, shape: S): TensorOf<S, 'float32'>;
  /**
   * A tensor's buffer, for other code on the same queue. The tensor starts at offset 0, and all earlier work
   * is submitted. The buffer is freed with the tensor. Its size is rounded up to 16 bytes and its usages are
   * `STORAGE`, `COPY_SRC` and `COPY_DST`, unless it was wrapped.
   */
  bufferOf(tensor: Tensor): GpuBuffer;
}

/** @param owned  Whether `dispose` destroys the device too. */
export function openWebGpu(gpu: Gpu, owned = false): WebGpuBackend {
  return new WebGpu(gpu, owned);
}

// Enough dispatches to fill a command buffer, few enough that the device starts early.
const DISPATCHES_PER_SUBMIT = 64;
const DOOMED_BYTES = 2 ** 26;

const ARRAYS = { float32: Float32Array, int32: Int32Array, uint32: Uint32Array } as const;

// ONNX Runtime binds its inputs as vectors of four.
const BUFFER_UNIT = 16;
const rounded = (bytes: number): number => Math.ceil(bytes / BUFFER_UNIT) * BUFFER_UNIT;

class WebGpu implements WebGpuBackend {
  readonly name = 'webgpu';
  readonly device: string;
  private readonly queue: GPUQueue;
  private readonly programs: Programs;
  private readonly tensors = new TensorRegistry<TensorBuffer>(({ buffer, owned }) => {
    if (owned) this.discard(buffer);
  });
  // Released only after the submit that may still read them.
  private readonly doomed: GPUBuffer[] = [];
  private doomedBytes = 0;
  private readonly pool = new BufferPool();
  private encoder: GPUCommandEncoder | undefined;
  private dispatches = 0;
  private failure: CamError | undefined;
  private readonly readBack: ReadBack;
  // Settles when all error scopes so far have been checked, in order: the first error causes the rest.
  private checks: Promise<void> = Promise.resolve();

  constructor(
    readonly gpu: Gpu,
    private readonly owned: boolean,
  ) {
    this.device = gpu.adapter;
    this.queue = gpu.device.queue;
    this.programs = new Programs(gpu.device);
    this.readBack = new ReadBack({
      limit: () => this.limit,
      staging: (bytes) => this.buffer('read', bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST),
      checked: async () => {
        await this.checks;
        if (this.failure) throw this.failure;
      },
    });
    gpu.device.lost.then(({ message, reason }) => {
      if (reason !== 'destroyed')
        this.failure ??= new CamError('gpu', `${this.device}: the device was lost (${message}).`);
    });
  }

  upload<const S extends Shape, D extends DataType>(
    data: TypedArrays[D],
    shape: S,
    dtype: D,
  ): TensorOf<S, D> {
    expectLength('upload', data.length, shape);
    const bytes = data.byteLength;
    const buffer = this.storage('upload', bytes);
    // Dawn in Node 20 crashes on a view over shared memory, and ONNX Runtime's heap is shared memory.
    const unshared = typeof SharedArrayBuffer !== 'undefined' && data.buffer instanceof SharedArrayBuffer;
    this.queue.writeBuffer(buffer, 0, (unshared ? data.slice() : data) as GPUAllowSharedBufferSource);
    return this.tensors.add({ shape, dtype }, { buffer, bytes, owned: true });
  }

  wrap<const S extends Shape>(buffer: GPUBuffer, shape: S): TensorOf<S, 'float32'> {
    return this.tensors.add(
      { shape, dtype: 'float32' },
      { buffer, bytes: elements(shape) * 4, owned: false },
    );
  }

  bufferOf(tensor: Tensor): GPUBuffer {
    const { buffer } = this.tensors.get(tensor, 'bufferOf');
    this.submit();
    return buffer;
  }

  run<I extends string, O, T extends Tensor = Tensor>(
    kernel: Kernel<I, O, T>,
    inputs: Readonly<Record<I, Tensor>>,
    options: O,
  ): T {
    const { shader } = kernel;
    const plan = planCall(kernel, inputs, options);
    const bytes = elements(plan.output) * 4;
    const bound = shader.inputs.map(({ name }) => this.tensors.get(inputs[name as I], shader.name));
    const result = this.storage(shader.name, bytes, shader.output.zeroed !== true);
    const { device } = this.gpu;
    device.pushErrorScope('validation');
    const program = this.programs.of(shader, plan.overrides);
    const { pipeline } = program;
    const buffers = [
      { buffer: this.uniforms(shader, plan) },
      ...bound.map(({ buffer, bytes: size }) => ({ buffer, offset: 0, size })),
      { buffer: result, offset: 0, size: bytes },
    ];
    const bindings = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((resource, binding) => ({ binding, resource })),
    });
    this.encoder ??= device.createCommandEncoder();
    const pass = this.encoder.beginComputePass({ label: shader.name });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(...plan.workgroups);
    pass.end();
    this.check(device.popErrorScope(), shader.file, program);
    if (++this.dispatches === DISPATCHES_PER_SUBMIT) this.submit();
    const tensor = { shape: plan.output, dtype: shader.output.dtype } as T; // as declared
    return this.tensors.add(tensor, { buffer: result, bytes, owned: true });
  }

  async read<D extends DataType>(tensor: Tensor<number, D>, into?: TypedArrays[D]): Promise<TypedArrays[D]> {
    const { buffer, bytes } = this.tensors.get(tensor, 'read');
    if (into) expectLength('read', into.length, tensor.shape);
    const target = into ?? (new ARRAYS[tensor.dtype](bytes / 4) as TypedArrays[D]);
    try {
      const copied = this.readBack.add(buffer, new Uint8Array(target.buffer, target.byteOffset, bytes));
      await Promise.resolve(); // other reads of this turn share the copy
      if (this.readBack.isWaiting) this.submitReads();
      await copied;
    } catch (cause) {
      throw (
        this.failure ??
        new CamError('gpu', `${this.device}: reading a result failed (${String(cause)}).`, { cause })
      );
    }
    return target;
  }

  scope<T>(body: () => T): T {
    return this.tensors.scope(body);
  }

  constant<T extends Tensor>(name: string, make: () => T): T {
    return this.tensors.constant(name, make);
  }

  release(tensor: Tensor): void {
    this.tensors.release(tensor);
  }

  dispose(): void {
    this.tensors.clear();
    this.submit();
    this.pool.clear();
    if (this.owned) this.gpu.device.destroy();
  }

  private submitReads(): void {
    try {
      this.submit();
    } catch {
      // Every pending read rejects with the device error.
    }
  }

  private submit(): void {
    const { device } = this.gpu;
    if (this.readBack.isWaiting) this.encoder ??= device.createCommandEncoder();
    const { encoder } = this;
    this.encoder = undefined;
    this.dispatches = 0;
    if (encoder)
      this.readBack.submit(encoder, () => {
        device.pushErrorScope('validation');
        this.queue.submit([encoder.finish()]);
        this.check(device.popErrorScope(), 'submit');
      });
    for (const buffer of this.doomed.splice(0)) this.pool.give(buffer);
    this.doomedBytes = 0;
  }

  private uniforms(shader: Shader, plan: Plan): GPUBuffer {
    // The size of a uniform block is a multiple of 16 bytes.
    const view = new DataView(new ArrayBuffer(Math.ceil(shader.params.length / 4) * 16));
    shader.params.forEach(({ name, type }, i) => {
      const write = ({ u32: 'setUint32', i32: 'setInt32', f32: 'setFloat32' } as const)[type];
      view[write](i * 4, plan.params[name], true);
    });
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const buffer = this.gpu.device.createBuffer({ size: view.byteLength, usage });
    this.queue.writeBuffer(buffer, 0, view.buffer);
    this.doomed.push(buffer); // the dispatch that reads it is about to be recorded
    return buffer;
  }

  private discard(buffer: GPUBuffer): void {
    if (!this.encoder && !this.readBack.isWaiting) {
      this.pool.give(buffer);
      return;
    }
    this.doomed.push(buffer);
    this.doomedBytes += buffer.size;
    if (this.doomedBytes > DOOMED_BYTES) this.submit(); // so that they can be reused
  }

  private get limit(): number {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.gpu.device.limits;
    return Math.min(maxStorageBufferBindingSize, maxBufferSize);
  }

  /** @param used  Whether the buffer may hold data of an earlier tensor. */
  private storage(where: string, bytes: number, used = true): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const left = used ? this.pool.take(rounded(bytes), usage) : undefined;
    return left ?? this.buffer(where, bytes, usage);
  }

  private buffer(where: string, bytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const { device } = this.gpu;
    if (bytes > this.limit) {
      throw new CamError(
        'gpu',
        `${where}: expected at most ${this.limit} bytes in one tensor on ${this.device}, got ${bytes}. Use smaller batches.`,
      );
    }
    device.pushErrorScope('out-of-memory');
    const buffer = device.createBuffer({ size: rounded(bytes), usage });
    this.check(device.popErrorScope(), `${where}: not enough memory for ${bytes} bytes on ${this.device}`);
    return buffer;
  }

  private check(scope: Promise<GPUError | null>, where: string, program?: Program): void {
    const previous = this.checks;
    const look = async () => {
      // The scope of a lost device may reject; `device.lost` reports the loss.
      const error = await scope.catch(() => null);
      await previous;
      if (!error || this.failure) return;
      // The scope says that something is wrong. Only the shader's module says at which line.
      const messages = (await program?.module.getCompilationInfo())?.messages ?? [];
      const found = messages.find(({ type }) => type === 'error');
      const place = found && program && sourceLine(program.code, where, found.lineNum);
      const at = place ? `${place.file}:${place.line}:${found.linePos}` : where;
      this.failure ??= new CamError('gpu', `${at}: ${(found ?? error).message}`);
    };
    this.checks = look();
  }
}

import { CamError } from '../errors.js';
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
import type { Gpu } from './gpu-device.js';
import { expectLength, planCall, TensorRegistry } from './registry.js';

/** A tensor's place on the device. `owned` is false for buffers that somebody else frees. */
interface Place {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  readonly owned: boolean;
}

/** The GPU backend, with what only a GPU has. */
export interface WebGpuBackend extends Backend {
  readonly name: 'webgpu';
  readonly gpu: Gpu;
  /** Takes a buffer of the same device as a tensor without copying; its owner frees it, after the next `read`. */
  wrap<const S extends Shape>(buffer: GPUBuffer, shape: S): TensorOf<S, 'float32'>;
}

export function openWebGpu(gpu: Gpu): WebGpuBackend {
  return new WebGpu(gpu);
}

// Enough dispatches to fill a command buffer, few enough that the device starts early.
const DISPATCHES_PER_SUBMIT = 64;

class WebGpu implements WebGpuBackend {
  readonly name = 'webgpu';
  readonly device: string;
  private readonly queue: GPUQueue;
  private readonly pipelines = new Map<Shader, GPUComputePipeline>();
  private readonly tensors = new TensorRegistry<Place>(({ buffer, owned }) => {
    if (owned) this.doomed.push(buffer);
  });
  // Destroyed only after the submit that may still read them.
  private doomed: GPUBuffer[] = [];
  private encoder: GPUCommandEncoder | undefined;
  private dispatches = 0;
  private failure: CamError | undefined;
  private readonly checks: Promise<void>[] = [];

  constructor(readonly gpu: Gpu) {
    this.device = gpu.adapter;
    this.queue = gpu.device.queue;
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
    const buffer = this.buffer(
      bytes,
      GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    );
    // Dawn in Node 20 crashes on a view over shared memory, which is what ONNX Runtime's heap is.
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

  run<I extends string, O>(kernel: Kernel<I, O>, inputs: Readonly<Record<I, Tensor>>, options: O): Tensor {
    const { shader } = kernel;
    const plan = planCall(kernel, inputs, options);
    const bytes = elements(plan.output) * 4;
    this.expectFits(shader.name, bytes);
    const { device } = this.gpu;
    device.pushErrorScope('validation');
    const pipeline = this.pipeline(shader);
    const result = this.buffer(bytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
    const places = shader.inputs.map(({ name }) => this.tensors.get(inputs[name as I], shader.name));
    const buffers = [
      { buffer: this.uniforms(shader, plan) },
      ...places.map(({ buffer, bytes: size }) => ({ buffer, offset: 0, size })),
      { buffer: result },
    ];
    const bindings = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((resource, binding) => ({ binding, resource })),
    });
    this.encoder ??= device.createCommandEncoder();
    const pass = this.encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(...plan.workgroups);
    pass.end();
    this.check(device.popErrorScope(), shader.file);
    if (++this.dispatches === DISPATCHES_PER_SUBMIT) this.submit();
    return this.tensors.add(
      { shape: plan.output, dtype: shader.output.dtype },
      { buffer: result, bytes, owned: true },
    );
  }

  async read<D extends DataType>(tensor: Tensor<number, D>): Promise<TypedArrays[D]> {
    const { buffer, bytes } = this.tensors.get(tensor, 'read');
    const { device } = this.gpu;
    const staging = this.buffer(bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    this.encoder ??= device.createCommandEncoder();
    this.encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
    this.submit();
    try {
      await Promise.all([...this.checks.splice(0), staging.mapAsync(GPUMapMode.READ)]);
      if (this.failure) throw this.failure;
      const copy = staging.getMappedRange().slice(0, bytes);
      return new { float32: Float32Array, int32: Int32Array, uint32: Uint32Array }[tensor.dtype](
        copy,
      ) as TypedArrays[D];
    } catch (cause) {
      throw (
        this.failure ??
        new CamError('gpu', `${this.device}: reading a result failed (${String(cause)}).`, { cause })
      );
    } finally {
      staging.destroy();
    }
  }

  scope<T>(body: () => T): T {
    return this.tensors.scope(body);
  }

  release(tensor: Tensor): void {
    this.tensors.release(tensor);
  }

  dispose(): void {
    this.tensors.clear();
    this.submit();
  }

  private submit(): void {
    if (this.encoder) {
      const { device } = this.gpu;
      device.pushErrorScope('validation');
      this.queue.submit([this.encoder.finish()]);
      this.check(device.popErrorScope(), 'submit');
      this.encoder = undefined;
      this.dispatches = 0;
    }
    for (const buffer of this.doomed.splice(0)) buffer.destroy();
  }

  private pipeline(shader: Shader): GPUComputePipeline {
    let pipeline = this.pipelines.get(shader);
    if (!pipeline) {
      const module = this.gpu.device.createShaderModule({ code: shader.code, label: shader.file });
      this.checks.push(
        module.getCompilationInfo().then(({ messages }) => {
          const error = messages.find(({ type }) => type === 'error');
          if (error)
            this.failure ??= new CamError(
              'gpu',
              `${shader.file}:${error.lineNum}:${error.linePos}: ${error.message}`,
            );
        }),
      );
      pipeline = this.gpu.device.createComputePipeline({
        label: shader.name,
        layout: 'auto',
        compute: { module, entryPoint: 'main' },
      });
      this.pipelines.set(shader, pipeline);
    }
    return pipeline;
  }

  private uniforms(shader: Shader, plan: Plan): GPUBuffer {
    // Uniform blocks are sized in steps of 16 bytes.
    const view = new DataView(new ArrayBuffer(Math.ceil(shader.params.length / 4) * 16));
    shader.params.forEach(({ name, type }, i) => {
      const write = ({ u32: 'setUint32', i32: 'setInt32', f32: 'setFloat32' } as const)[type];
      view[write](i * 4, plan.params[name], true);
    });
    const buffer = this.buffer(view.byteLength, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    this.queue.writeBuffer(buffer, 0, view.buffer);
    this.doomed.push(buffer);
    return buffer;
  }

  private buffer(bytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    return this.gpu.device.createBuffer({ size: Math.ceil(bytes / 4) * 4, usage });
  }

  private expectFits(where: string, bytes: number): void {
    const limit = this.gpu.device.limits.maxStorageBufferBindingSize;
    if (bytes > limit) {
      throw new CamError(
        'gpu',
        `${where}: expected a result of at most ${limit} bytes on ${this.device}, got ${bytes}. Use smaller batches.`,
      );
    }
  }

  private check(scope: Promise<GPUError | null>, where: string): void {
    this.checks.push(
      scope.then((error) => {
        if (error) this.failure ??= new CamError('gpu', `${where}: ${error.message}`);
      }),
    );
  }
}

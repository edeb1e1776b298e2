import type { Gpu } from '../src/backends/gpu-device.js';

export interface Counts {
  dispatches: number;
  /** Buffers that the host can look into. */
  readBacks: number;
  buffers: number;
}

/** The same device, and how often kernels are dispatched, buffers made and results brought to the host. */
export function counting(gpu: Gpu): { readonly gpu: Gpu; readonly counts: Counts } {
  const counts: Counts = { dispatches: 0, readBacks: 0, buffers: 0 };
  const pass = (inner: GPUComputePassEncoder) =>
    through(inner, {
      dispatchWorkgroups: (...size: Parameters<GPUComputePassEncoder['dispatchWorkgroups']>) => {
        counts.dispatches++;
        inner.dispatchWorkgroups(...size);
      },
    });
  const encoder = (inner: GPUCommandEncoder) =>
    through(inner, {
      beginComputePass: (descriptor?: GPUComputePassDescriptor) => pass(inner.beginComputePass(descriptor)),
    });
  const { device } = gpu;
  const counted = through(device, {
    createBuffer: (descriptor: GPUBufferDescriptor) => {
      counts.buffers++;
      if ((descriptor.usage & GPUBufferUsage.MAP_READ) !== 0) counts.readBacks++;
      return device.createBuffer(descriptor);
    },
    createCommandEncoder: (descriptor?: GPUCommandEncoderDescriptor) =>
      encoder(device.createCommandEncoder(descriptor)),
  });
  return { gpu: { ...gpu, device: counted }, counts };
}

/** The object itself but for what is given. */
function through<T extends object>(target: T, change: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (typeof name === 'string' && name in change) return change[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

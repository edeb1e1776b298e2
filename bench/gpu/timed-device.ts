import type { Gpu } from '../../src/backends/gpu-device.js';

// Passes of one command buffer; the backend submits after fewer.
const PASSES = 128;

/** A device whose compute passes the GPU itself times. */
export interface TimedGpu extends Gpu {
  /** Microseconds and number of the passes since the last call, once all submitted work is done. */
  take(): Promise<{ readonly microseconds: number; readonly dispatches: number }>;
}

/** Puts timestamp queries around every compute pass. The adapter must support them. */
export function timed(gpu: Gpu): TimedGpu {
  const { device } = gpu;
  const waiting: { readonly buffer: GPUBuffer; readonly passes: number }[] = [];

  function timedEncoder(descriptor?: GPUCommandEncoderDescriptor): GPUCommandEncoder {
    const encoder = device.createCommandEncoder(descriptor);
    let querySet: GPUQuerySet | undefined;
    let passes = 0;
    return through(encoder, {
      beginComputePass: (pass?: GPUComputePassDescriptor) => {
        querySet ??= device.createQuerySet({ type: 'timestamp', count: 2 * PASSES });
        const [beginningOfPassWriteIndex, endOfPassWriteIndex] = [2 * passes, 2 * passes + 1];
        passes++;
        const timestampWrites = { querySet, beginningOfPassWriteIndex, endOfPassWriteIndex };
        return encoder.beginComputePass({ ...pass, timestampWrites });
      },
      finish: () => {
        if (querySet) {
          const size = 16 * passes;
          const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
          const resolved = device.createBuffer({ size, usage });
          const buffer = device.createBuffer({
            size,
            usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
          });
          encoder.resolveQuerySet(querySet, 0, 2 * passes, resolved, 0);
          encoder.copyBufferToBuffer(resolved, 0, buffer, 0, size);
          waiting.push({ buffer, passes });
        }
        return encoder.finish();
      },
    });
  }

  return {
    ...gpu,
    device: through(device, { createCommandEncoder: timedEncoder }),
    async take() {
      let [nanoseconds, dispatches] = [0, 0];
      for (const { buffer, passes } of waiting.splice(0)) {
        await buffer.mapAsync(GPUMapMode.READ);
        const times = new BigInt64Array(buffer.getMappedRange());
        for (let i = 0; i < passes; i++) nanoseconds += Number(times[2 * i + 1] - times[2 * i]);
        dispatches += passes;
        buffer.destroy();
      }
      return { microseconds: nanoseconds / 1000, dispatches };
    },
  };
}

/** The object itself, except for the given properties. */
function through<T extends object>(target: T, change: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (typeof name === 'string' && name in change) return change[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

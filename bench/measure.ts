import type { Backend, Tensor } from '../src/backends/backend.js';

export interface Timing {
  /** Milliseconds of one call. */
  readonly min: number;
  readonly median: number;
}

const SAMPLES = 9;
const SAMPLE_MILLISECONDS = 20;

/**
 * Times `once`. Calls per sample are doubled until a sample lasts 20 ms, because clocks are coarse. Results
 * are released: growing memory alone gave ±40 %. Each sample ends with a wait for the device.
 */
export async function measure(backend: Backend, once: () => Tensor): Promise<Timing> {
  const sample = async (calls: number): Promise<number> => {
    const start = performance.now();
    for (let i = 1; i < calls; i++) backend.release(once());
    const last = once();
    // Only a device needs the wait; on the CPU, the copy would be timed with the kernel.
    if (backend.name === 'webgpu') await backend.read(last);
    const elapsed = performance.now() - start;
    backend.release(last);
    return elapsed;
  };
  let calls = 1;
  while ((await sample(calls)) < SAMPLE_MILLISECONDS) calls *= 2;
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) times.push((await sample(calls)) / calls);
  times.sort((a, b) => a - b);
  return { min: times[0], median: times[SAMPLES >> 1] };
}

export function report(name: string, backend: Backend, { min, median }: Timing): void {
  console.log(`${name.padEnd(52)} ${backend.device.padEnd(20)} min ${ms(min)}  median ${ms(median)}`);
}

const ms = (value: number): string => `${value.toPrecision(3)} ms`.padStart(10);

import { CamError } from '../../../errors.js';
import { type BenchFlags, runBench } from '../../bench/run.js';
import type { Dependencies } from '../../terminal/dependencies.js';
import { exitCodes } from '../exit-codes.js';

/** Checks and times kernels and methods. @returns The exit code: 1 when an answer was wrong. */
export async function bench(args: readonly string[], flags: BenchFlags, deps: Dependencies): Promise<number> {
  if (flags.runtime === 'webgpu' && flags.backend === 'wasm')
    throw new CamError(
      'option',
      '--runtime webgpu: needs --backend webgpu (the model shares the GPU of the kernels), got --backend wasm. ' +
        'Leave out one of the two.',
    );
  const { report, allRight } = await runBench(args, flags, deps);
  if (!allRight) return exitCodes.someFailed;
  return report.complete ? exitCodes.done : exitCodes.interrupted;
}

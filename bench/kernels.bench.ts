// Every kernel at sizes that real layers have: its answer is held against the float64 reference, then it is
// timed in turn with it. The cases are those of `onnx-cam bench`.
// One kernel: npm run bench -- kernels -t relu
import { describe, expect, test } from 'vitest';
import { benchKernel, kernelCases, PLAIN } from '../src/node/bench/kernels.js';
import { ratioOf } from '../src/node/bench/row.js';
import { backends, open } from '../test/backends.js';

describe.each(backends)('kernels on %s', (name) => {
  test.for(kernelCases)('$kernel $size', async (one, { skip }) => {
    const backend = await open(name, skip);
    const row = await benchKernel(one, { backend }, { seconds: 1, stopping: () => false });
    expect(row?.wrong).toBeUndefined();
    const { median } = row!.time!;
    const ratio = ratioOf(row!, PLAIN)!;
    const title = `${one.kernel} ${one.size}`.padEnd(60);
    console.log(
      `${title} ${backend.device}: ${median.toPrecision(3)} ms, ${ratio.toPrecision(3)} × the reference`,
    );
  });
});

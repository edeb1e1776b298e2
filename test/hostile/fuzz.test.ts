/** 2,000 models that nobody exports, others every day; `ONNX_CAM_FUZZ_SEED` asks for those of another. */

import { expect, test } from 'vitest';
import { fuzz, told } from './fuzz.js';

const COUNT = 2000;
const day = Math.floor(Date.now() / 86_400_000);
const seed = Number(process.env.ONNX_CAM_FUZZ_SEED ?? day * COUNT);

test(`${COUNT} mutants from seed ${seed}`, { timeout: 600_000 }, async () => {
  const findings = await fuzz({ seed, count: COUNT });
  console.log(told(findings, seed));
  expect(findings.faults).toEqual([]);
  // Its faults are not ours to mend; many of them would be a change of ours.
  expect(findings.runtime.length).toBeLessThanOrEqual(COUNT / 200);
});

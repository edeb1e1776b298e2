/**
 * 2,000 models that no exporter would write, different ones every day; `ONNX_CAM_FUZZ_SEED` repeats those of
 * another day.
 */

import { expect, test } from 'vitest';
import { fuzz, summaryOf } from './fuzz.js';

const COUNT = 2000;
const day = Math.floor(Date.now() / 86_400_000);
const seed = Number(process.env.ONNX_CAM_FUZZ_SEED ?? day * COUNT);

test(`${COUNT} mutants from seed ${seed}`, { timeout: 600_000 }, async () => {
  const findings = await fuzz({ seed, count: COUNT });
  console.log(summaryOf(findings, seed));
  expect(findings.faults).toEqual([]);
  // We cannot fix the runtime's faults. If there are many, something of ours has changed.
  expect(findings.runtime.length).toBeLessThanOrEqual(COUNT / 200);
});

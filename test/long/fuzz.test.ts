/**
 * Models that nobody exports, 20,000 of them: `ONNX_CAM_FUZZ_SEED` and `ONNX_CAM_FUZZ_COUNT` choose others.
 */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missing, referenceFolder } from '../data.js';
import { fuzz, told } from '../hostile/fuzz.js';

const seed = Number(process.env.ONNX_CAM_FUZZ_SEED ?? 1);
const count = Number(process.env.ONNX_CAM_FUZZ_COUNT ?? 20_000);

test(`${count} mutants from seed ${seed}`, async () => {
  const more = missing(referenceFolder)
    ? []
    : ['families', 'operators', 'questions'].map((name) => join(referenceFolder, name));
  const findings = await fuzz({ seed, count, more, thorough: true, tell: console.log });
  console.log(told(findings, seed));
  expect(findings.faults).toEqual([]);
  // Its faults are not ours to mend, but more of them than this are a change of ours.
  expect(findings.runtime.length).toBeLessThanOrEqual(count / 200);
});

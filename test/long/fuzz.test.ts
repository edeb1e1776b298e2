/**
 * 20,000 models that no exporter would write. `ONNX_CAM_FUZZ_SEED` and `ONNX_CAM_FUZZ_COUNT` choose others.
 */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missing, referenceFolder } from '../data.js';
import { fuzz, summaryOf } from '../hostile/fuzz.js';

const seed = Number(process.env.ONNX_CAM_FUZZ_SEED ?? 1);
const count = Number(process.env.ONNX_CAM_FUZZ_COUNT ?? 20_000);

test(`${count} mutants from seed ${seed}`, async () => {
  const more = missing(referenceFolder)
    ? []
    : ['families', 'operators', 'questions'].map((name) => join(referenceFolder, name));
  const findings = await fuzz({ seed, count, more, thorough: true, report: console.log });
  console.log(summaryOf(findings, seed));
  expect(findings.faults).toEqual([]);
  // We cannot fix the runtime's faults. If there are more than this, something of ours has changed.
  expect(findings.runtime.length).toBeLessThanOrEqual(count / 200);
});

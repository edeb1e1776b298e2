import { CamError } from '../errors.js';
import { boxSum as shader } from '../generated/shaders.js';
import { defineKernel, expectSizes, linearGrid } from './define.js';

/**
 * Sum over a window of `region × region` around each position: offsets `-floor((R-1)/2) .. floor(R/2)`, zero
 * outside. R = 1 leaves the map as it is.
 *
 * x `[…, h, w]`, region R ≥ 1 → the same shape and units. Within 1e-5 of the largest value.
 * @throws {CamError} `shape` for less than two axes; `option` for a region that is no whole number of at
 *   least 1.
 */
export const boxSum = defineKernel(shader, { x: 'any', sum: 'same' }, ({ x }, region: number) => {
  const count = expectSizes('boxSum: x', x);
  if (x.length < 2) throw new CamError('shape', `boxSum: x: expected [..., h, w], got [${x.join(', ')}]`);
  if (!(Number.isInteger(region) && region >= 1))
    throw new CamError('option', `boxSum: region: expected a whole number of at least 1, got ${region}.`);
  const [height, width] = x.slice(-2);
  const reach = (offset: number) => Math.min(offset, Math.max(height, width));
  return {
    params: {
      planes: count / (height * width),
      height,
      width,
      before: reach(Math.floor((region - 1) / 2)),
      after: reach(Math.floor(region / 2)),
    },
    output: x,
    workgroups: linearGrid(count, shader.workgroup),
  };
});

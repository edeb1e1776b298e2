// Twin of kernels/centre.wgsl: centred[n, k, p] = x[n, k, p] - Σ_p x[n, k, p] / positions
//
// In float64, the mean needs one pass and the difference is rounded once. Four positions per step.

import { planeSum } from './plane-sum';

export function centre(planes: u32, positions: u32, x: usize, centred: usize): void {
  const plane = (<usize>positions) << 2; // bytes in one channel
  for (let n: u32 = 0; n < planes; n++, x += plane, centred += plane) {
    const mean = planeSum(x, plane) / positions;
    const mean2 = f64x2.splat(mean);
    let p: usize = 0;
    for (; p + 16 <= plane; p += 16) {
      const left = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x + p)), mean2);
      const right = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x + p, 8)), mean2);
      v128.store(
        centred + p,
        v128.shuffle<f64>(f32x4.demote_f64x2_zero(left), f32x4.demote_f64x2_zero(right), 0, 2),
      );
    }
    for (; p < plane; p += 4) store<f32>(centred + p, <f32>(load<f32>(x + p) - mean));
  }
}

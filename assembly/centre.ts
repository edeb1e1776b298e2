// Twin of kernels/centre.wgsl: centred[n, k, p] = x[n, k, p] - Σ_p x[n, k, p] / positions
//
// The CPU has float64, so the mean is taken once; the difference is rounded once. Two positions per step.

export function centre(planes: u32, positions: u32, x: usize, centred: usize): void {
  const plane = (<usize>positions) << 2; // bytes in one channel
  for (let n: u32 = 0; n < planes; n++, x += plane, centred += plane) {
    let sums = f64x2.splat(0);
    let p: usize = 0;
    for (; p + 8 <= plane; p += 8) {
      sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(x + p)));
    }
    let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
    for (; p < plane; p += 4) sum += load<f32>(x + p);
    const mean = sum / positions;
    const mean2 = f64x2.splat(mean);
    for (p = 0; p + 8 <= plane; p += 8) {
      const difference = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(x + p)), mean2);
      v128.store64_lane(centred + p, f32x4.demote_f64x2_zero(difference), 0);
    }
    for (; p < plane; p += 4) store<f32>(centred + p, <f32>(load<f32>(x + p) - mean));
  }
}

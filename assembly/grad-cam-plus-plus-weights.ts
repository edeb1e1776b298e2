// Twin of kernels/grad-cam-plus-plus-weights.wgsl: weights[n, k] = Σ_p α · relu(G), α = 1 / (2 + ΣA · G), 0 where that is 1 / 0
//
// The CPU has float64: rounded once at the end. Two positions per step; a lane with G ≤ 0 or a denominator of 0 is masked.

export function gradCamPlusPlusWeights(
  planes: u32,
  positions: u32,
  activations: usize,
  gradients: usize,
  weights: usize,
): void {
  const plane = (<usize>positions) << 2; // bytes in one channel
  const zero = f64x2.splat(0);
  const two = f64x2.splat(2);
  for (let n: u32 = 0; n < planes; n++, activations += plane, gradients += plane, weights += 4) {
    let sums = zero;
    let p: usize = 0;
    for (; p + 8 <= plane; p += 8) {
      sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(activations + p)));
    }
    let sumA = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
    for (; p < plane; p += 4) sumA += load<f32>(activations + p);
    const sumA2 = f64x2.splat(sumA);
    sums = zero;
    for (p = 0; p < plane; p += 8) {
      // Past the last position of an odd plane stands 0, which is masked.
      const g = f64x2.promote_low_f32x4(
        p + 8 <= plane ? v128.load64_zero(gradients + p) : v128.load32_zero(gradients + p),
      );
      const denominator = f64x2.add(two, f64x2.mul(sumA2, g));
      const counts = v128.and(f64x2.gt(g, zero), f64x2.ne(denominator, zero));
      sums = f64x2.add(sums, v128.and(f64x2.div(g, denominator), counts));
    }
    store<f32>(weights, <f32>(f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)));
  }
}

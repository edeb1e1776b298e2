// Twin of kernels/xgrad-weights.wgsl: weights[n, k] = Σ_p gradients[n, k, p] · activations[n, k, p] / Σ_p activations[n, k, p]
//
// The CPU has float64: two running sums of each kind, rounded once at the end.

const ROUNDING: f64 = 1.0 / 17592186044416; // 2^-44 of Σ abs(activations), in float64

export function xgradWeights(
  planes: u32,
  positions: u32,
  activations: usize,
  gradients: usize,
  weights: usize,
): void {
  const plane = (<usize>positions) << 2; // bytes in one channel
  for (let n: u32 = 0; n < planes; n++, activations += plane, gradients += plane, weights += 4) {
    let products = f64x2.splat(0);
    let sums = f64x2.splat(0);
    let magnitudes = f64x2.splat(0);
    let p: usize = 0;
    for (; p + 8 <= plane; p += 8) {
      const a = f64x2.promote_low_f32x4(v128.load64_zero(activations + p));
      const g = f64x2.promote_low_f32x4(v128.load64_zero(gradients + p));
      products = f64x2.add(products, f64x2.mul(g, a));
      sums = f64x2.add(sums, a);
      magnitudes = f64x2.add(magnitudes, f64x2.abs(a));
    }
    let product = f64x2.extract_lane(products, 0) + f64x2.extract_lane(products, 1);
    let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
    let magnitude = f64x2.extract_lane(magnitudes, 0) + f64x2.extract_lane(magnitudes, 1);
    if (p < plane) {
      const a = <f64>load<f32>(activations + p);
      product += <f64>load<f32>(gradients + p) * a;
      sum += a;
      magnitude += abs(a);
    }
    store<f32>(weights, abs(sum) > ROUNDING * magnitude ? <f32>(product / sum) : 0);
  }
}

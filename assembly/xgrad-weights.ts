// Twin of kernels/xgrad-weights.wgsl:
// weights[n, k] = Σ_p gradients[n, k, p] · activations[n, k, p] / Σ_p activations[n, k, p]
//
// In float64: four running sums of each kind, rounded once at the end. Σ abs(activations), which tells a sum
// from rounding error, is computed only where `positions` times the largest value cannot decide.

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
    let products1 = f64x2.splat(0);
    let products2 = products1;
    let sums1 = products1;
    let sums2 = products1;
    let bits = products1; // of all activations: without the sign, at least as large as each of them
    let p: usize = 0;
    for (; p + 16 <= plane; p += 16) {
      const a1 = f64x2.promote_low_f32x4(v128.load64_zero(activations + p));
      const a2 = f64x2.promote_low_f32x4(v128.load64_zero(activations + p, 8));
      const g1 = f64x2.promote_low_f32x4(v128.load64_zero(gradients + p));
      const g2 = f64x2.promote_low_f32x4(v128.load64_zero(gradients + p, 8));
      products1 = f64x2.add(products1, f64x2.mul(g1, a1));
      products2 = f64x2.add(products2, f64x2.mul(g2, a2));
      sums1 = f64x2.add(sums1, a1);
      sums2 = f64x2.add(sums2, a2);
      bits = v128.or(bits, v128.or(a1, a2));
    }
    for (; p < plane; p += 4) {
      const a = f64x2.promote_low_f32x4(v128.load32_zero(activations + p));
      const g = f64x2.promote_low_f32x4(v128.load32_zero(gradients + p));
      products1 = f64x2.add(products1, f64x2.mul(g, a));
      sums1 = f64x2.add(sums1, a);
      bits = v128.or(bits, a);
    }
    const sum = total(f64x2.add(sums1, sums2));
    const most = <f64>positions * total(f64x2.abs(bits));
    const counts = abs(sum) > ROUNDING * most || abs(sum) > ROUNDING * magnitude(activations, plane);
    store<f32>(weights, counts ? <f32>(total(f64x2.add(products1, products2)) / sum) : 0);
  }
}

function total(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

function magnitude(x: usize, bytes: usize): f64 {
  let sum: f64 = 0;
  for (let p: usize = 0; p < bytes; p += 4) sum += abs(<f64>load<f32>(x + p));
  return sum;
}

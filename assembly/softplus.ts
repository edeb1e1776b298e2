// Twin of kernels/softplus.wgsl: y[i] = max(x[i], 0) + log(1 + exp(-|x[i]|))
//
// In float64, rounded once.

export function softplus(count: u32, x: usize, y: usize): void {
  for (let i: u32 = 0; i < count; i++, x += 4, y += 4) {
    const value = <f64>load<f32>(x);
    store<f32>(y, <f32>(max(value, 0) + Math.log1p(Math.exp(-abs(value)))));
  }
}

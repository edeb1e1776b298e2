// Twin of kernels/relu.wgsl: y[i] = max(x[i], 0)
//
// Four values per step, the last count % 4 one at a time.

export function relu(count: u32, x: usize, y: usize): void {
  const bytes = (<usize>count) << 2;
  const zero = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(y + i, f32x4.max(v128.load(x + i), zero));
  for (; i < bytes; i += 4) store<f32>(y + i, max<f32>(load<f32>(x + i), 0));
}

// Twin of kernels/multiply.wgsl: product[i] = x[i] · y[i]
//
// Four values per step, the last count % 4 one at a time.

export function multiply(count: u32, x: usize, y: usize, product: usize): void {
  const bytes = (<usize>count) << 2;
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(product + i, f32x4.mul(v128.load(x + i), v128.load(y + i)));
  for (; i < bytes; i += 4) store<f32>(product + i, load<f32>(x + i) * load<f32>(y + i));
}

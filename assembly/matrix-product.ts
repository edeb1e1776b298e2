// Twin of kernels/matrix-product.wgsl: product[n, r, p] = Σ_k weights[r, k] · x[n, k, p]
//
// Blocks of 4 rows and 8 columns, 8 vectors that stay in registers over all terms; what is left of rows or columns runs
// the same sum one row, or one number, at a time. Terms are added in order.

export function matrixProduct(
  batch: u32,
  rows: u32,
  terms: u32,
  columns: u32,
  x: usize,
  weights: usize,
  product: usize,
): void {
  const line = (<usize>columns) << 2; // bytes in one row of x and of the product
  const row = (<usize>terms) << 2; // bytes in one row of the weights
  const wide = line & ~31;
  for (let n: u32 = 0; n < batch; n++, x += row * columns) {
    let w = weights;
    let r: u32 = 0;
    for (; r + 4 <= rows; r += 4, w += row << 2, product += line << 2) {
      for (let p: usize = 0; p < wide; p += 32) block(terms, line, row, x + p, w, product + p);
      for (let i: usize = 0; i < 4; i++) rest(terms, line, wide, x, w + i * row, product + i * line);
    }
    for (; r < rows; r++, w += row, product += line) {
      for (let p: usize = 0; p < wide; p += 32) strip(terms, line, x + p, w, product + p);
      rest(terms, line, wide, x, w, product);
    }
  }
}

function block(terms: u32, line: usize, row: usize, x: usize, weights: usize, product: usize): void {
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  for (let k: u32 = 0; k < terms; k++, x += line, weights += 4) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    let w = v128.load32_splat(weights);
    a0 = f32x4.add(a0, f32x4.mul(w, a));
    b0 = f32x4.add(b0, f32x4.mul(w, b));
    w = v128.load32_splat(weights + row);
    a1 = f32x4.add(a1, f32x4.mul(w, a));
    b1 = f32x4.add(b1, f32x4.mul(w, b));
    w = v128.load32_splat(weights + 2 * row);
    a2 = f32x4.add(a2, f32x4.mul(w, a));
    b2 = f32x4.add(b2, f32x4.mul(w, b));
    w = v128.load32_splat(weights + 3 * row);
    a3 = f32x4.add(a3, f32x4.mul(w, a));
    b3 = f32x4.add(b3, f32x4.mul(w, b));
  }
  v128.store(product, a0);
  v128.store(product, b0, 16);
  v128.store(product + line, a1);
  v128.store(product + line, b1, 16);
  v128.store(product + 2 * line, a2);
  v128.store(product + 2 * line, b2, 16);
  v128.store(product + 3 * line, a3);
  v128.store(product + 3 * line, b3, 16);
}

function strip(terms: u32, line: usize, x: usize, weights: usize, product: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  for (let k: u32 = 0; k < terms; k++, x += line, weights += 4) {
    const w = v128.load32_splat(weights);
    a = f32x4.add(a, f32x4.mul(w, v128.load(x)));
    b = f32x4.add(b, f32x4.mul(w, v128.load(x, 16)));
  }
  v128.store(product, a);
  v128.store(product, b, 16);
}

// The columns from byte `from` on, of one row.
function rest(terms: u32, line: usize, from: usize, x: usize, weights: usize, product: usize): void {
  for (let p = from; p < line; p += 4) {
    let sum: f32 = 0;
    let at = x + p;
    for (let k: u32 = 0; k < terms; k++, at += line) {
      sum += load<f32>(weights + ((<usize>k) << 2)) * load<f32>(at);
    }
    store<f32>(product + p, sum);
  }
}

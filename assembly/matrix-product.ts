// Twin of kernels/matrix-product.wgsl: product[n, r, p] = Σ_k weights[r, k] · x[n, k, p]
//
// x is copied into strips of eight columns, the last padded with zeros, so that every strip is read in order
// and no column is left over. A block is four rows and one strip: 8 vectors that stay in registers over all
// terms. Left-over rows run the same sum one at a time. Terms are added in order.

const WIDTH: usize = 32; // bytes in one row of a strip

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
  const strip = <usize>terms * WIDTH; // bytes in one strip
  const strips = heap.alloc(((line + WIDTH - 1) / WIDTH) * strip);
  const edge = heap.alloc(4 * WIDTH); // results of the last strip, some of which belong to no column
  for (let n: u32 = 0; n < batch; n++, x += row * columns) {
    pack(terms, line, x, strips);
    let w = weights;
    for (let r: u32 = 0; r < rows; ) {
      const count: u32 = r + 4 <= rows ? 4 : 1;
      for (let p: usize = 0, from = strips; p < line; p += WIDTH, from += strip) {
        const whole = p + WIDTH <= line;
        const to = whole ? product + p : edge;
        if (count === 4) block(from, from + strip, row, w, to, whole ? line : WIDTH);
        else single(from, from + strip, w, to);
        if (whole) continue;
        for (let i: usize = 0; i < count; i++) {
          memory.copy(product + i * line + p, edge + i * WIDTH, line - p);
        }
      }
      r += count;
      w += row * count;
      product += line * count;
    }
  }
  heap.free(edge);
  heap.free(strips);
}

function pack(terms: u32, line: usize, x: usize, strips: usize): void {
  for (let p: usize = 0; p < line; p += WIDTH) {
    const bytes = min(WIDTH, line - p);
    let from = x + p;
    for (let k: u32 = 0; k < terms; k++, from += line, strips += WIDTH) {
      if (bytes === WIDTH) {
        v128.store(strips, v128.load(from));
        v128.store(strips, v128.load(from, 16), 16);
      } else {
        memory.fill(strips, 0, WIDTH);
        memory.copy(strips, from, bytes);
      }
    }
  }
}

function block(x: usize, end: usize, row: usize, weights: usize, product: usize, line: usize): void {
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  let w1 = weights + row;
  let w2 = w1 + row;
  let w3 = w2 + row;
  for (; x < end; x += WIDTH, weights += 4, w1 += 4, w2 += 4, w3 += 4) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    let w = v128.load32_splat(weights);
    a0 = f32x4.add(a0, f32x4.mul(w, a));
    b0 = f32x4.add(b0, f32x4.mul(w, b));
    w = v128.load32_splat(w1);
    a1 = f32x4.add(a1, f32x4.mul(w, a));
    b1 = f32x4.add(b1, f32x4.mul(w, b));
    w = v128.load32_splat(w2);
    a2 = f32x4.add(a2, f32x4.mul(w, a));
    b2 = f32x4.add(b2, f32x4.mul(w, b));
    w = v128.load32_splat(w3);
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

function single(x: usize, end: usize, weights: usize, product: usize): void {
  let a = f32x4.splat(0);
  let b = a;
  for (; x < end; x += WIDTH, weights += 4) {
    const w = v128.load32_splat(weights);
    a = f32x4.add(a, f32x4.mul(w, v128.load(x)));
    b = f32x4.add(b, f32x4.mul(w, v128.load(x, 16)));
  }
  v128.store(product, a);
  v128.store(product, b, 16);
}

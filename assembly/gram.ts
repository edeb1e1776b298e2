// Twin of kernels/gram.wgsl: gram[n, i, j] = Σ_t (scale · x[n, i, t]) · (scale · x[n, j, t])
//
// 64 terms at a time are copied into a tile [term, item], padded with zeros to a width that is a multiple of
// 8, so that one loop serves both layouts of x and every size. Blocks of 4×8 pairs on or above the diagonal
// are summed over these terms in float32 (8 vectors that stay in registers), then added up in float64:
// float32 alone loses the sixth digit over 2,048 channels.

const RUN: u32 = 64;

export function gram(
  batch: u32,
  items: u32,
  terms: u32,
  itemStride: u32,
  termStride: u32,
  scale: f32,
  x: usize,
  gram: usize,
): void {
  const width = (<usize>items + 7) & ~7;
  const tile = heap.alloc((<usize>RUN * width) << 2);
  const sums = heap.alloc((width * width) << 3);
  memory.fill(tile, 0, (<usize>RUN * width) << 2);
  for (let n: u32 = 0; n < batch; n++, x += (<usize>items * terms) << 2) {
    memory.fill(sums, 0, (width * width) << 3);
    for (let t: u32 = 0; t < terms; t += RUN) {
      const count = min(RUN, terms - t);
      const from = x + ((<usize>t * termStride) << 2);
      fetch(tile, width, count, items, (<usize>itemStride) << 2, (<usize>termStride) << 2, scale, from);
      for (let i: usize = 0; i < items; i += 4) {
        for (let j = i & ~7; j < items; j += 8) {
          addBlock(tile + (i << 2), tile + (j << 2), width << 2, count, sums + ((i * width + j) << 3));
        }
      }
    }
    for (let i: usize = 0; i < items; i++) {
      for (let j = i; j < items; j++) {
        const value = <f32>load<f64>(sums + ((i * width + j) << 3));
        store<f32>(gram + ((i * items + j) << 2), value);
        store<f32>(gram + ((j * items + i) << 2), value);
      }
    }
    gram += (<usize>items * items) << 2;
  }
  heap.free(tile);
  heap.free(sums);
}

// tile[t, i] = scale · x[i, t]; strides in bytes. Adjacent items are copied four at a time.
function fetch(
  tile: usize,
  width: usize,
  count: u32,
  items: u32,
  itemStride: usize,
  termStride: usize,
  scale: f32,
  x: usize,
): void {
  const end = (<usize>items) << 2;
  const together = itemStride === 4 ? end & ~15 : 0;
  const scale4 = f32x4.splat(scale);
  for (let t: u32 = 0; t < count; t++, x += termStride, tile += width << 2) {
    let i: usize = 0;
    for (; i < together; i += 16) v128.store(tile + i, f32x4.mul(scale4, v128.load(x + i)));
    for (let from = x + (i >> 2) * itemStride; i < end; i += 4, from += itemStride) {
      store<f32>(tile + i, scale * load<f32>(from));
    }
  }
}

// sums[r, c] += Σ_t left[t, r] · right[t, c] for 4 rows and 8 columns.
function addBlock(left: usize, right: usize, row: usize, count: u32, sums: usize): void {
  let a0 = f32x4.splat(0);
  let b0 = a0;
  let a1 = a0;
  let b1 = a0;
  let a2 = a0;
  let b2 = a0;
  let a3 = a0;
  let b3 = a0;
  for (let t: u32 = 0; t < count; t++, left += row, right += row) {
    const a = v128.load(right);
    const b = v128.load(right, 16);
    let item = v128.load32_splat(left);
    a0 = f32x4.add(a0, f32x4.mul(item, a));
    b0 = f32x4.add(b0, f32x4.mul(item, b));
    item = v128.load32_splat(left, 4);
    a1 = f32x4.add(a1, f32x4.mul(item, a));
    b1 = f32x4.add(b1, f32x4.mul(item, b));
    item = v128.load32_splat(left, 8);
    a2 = f32x4.add(a2, f32x4.mul(item, a));
    b2 = f32x4.add(b2, f32x4.mul(item, b));
    item = v128.load32_splat(left, 12);
    a3 = f32x4.add(a3, f32x4.mul(item, a));
    b3 = f32x4.add(b3, f32x4.mul(item, b));
  }
  const next = row << 1; // bytes in one row of float64 sums
  addFour(sums, a0);
  addFour(sums + 32, b0);
  addFour(sums + next, a1);
  addFour(sums + next + 32, b1);
  addFour(sums + 2 * next, a2);
  addFour(sums + 2 * next + 32, b2);
  addFour(sums + 3 * next, a3);
  addFour(sums + 3 * next + 32, b3);
}

function addFour(sums: usize, values: v128): void {
  const high = i8x16.shuffle(values, values, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(values)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(high)), 16);
}

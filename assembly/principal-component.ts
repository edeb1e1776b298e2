import { leadingPair } from './tridiagonal';

// Twin of kernels/principal-component.wgsl: component[n] = scale · √λ · u, or u alone,
// with gram[n] · u = λ · u, λ the largest, |u| = 1
//
// Lanczos in float64 with full re-orthogonalisation: gram · Q = Q · T with tridiagonal T. It stops when the
// leading pair of T is one of gram within 1e-10 of λ, checked every fourth step.

const TOLERANCE: f64 = 1e-10;

export function principalComponent(
  batch: u32,
  items: u32,
  scale: f32,
  unit: u32,
  gram: usize,
  component: usize,
): void {
  const row = (<usize>items) << 3; // bytes in one vector
  const basis = heap.alloc(row * items);
  const scratch = heap.alloc(5 * row);
  const w = scratch;
  const alpha = scratch + row;
  const beta = scratch + 2 * row;
  const pivots = scratch + 3 * row;
  const ritz = scratch + 4 * row;
  for (let n: u32 = 0; n < batch; n++) {
    for (let i: usize = 0; i < items; i++) store<f64>(basis + (i << 3), noise(<u32>i));
    scaleBy(basis, 1 / Math.sqrt(dot(basis, basis, row)), row);
    let lambda: f64 = 0;
    let floor: f64 = 0; // far below λ: a smaller norm is mere rounding
    let steps: u32 = 0;
    for (let q = basis, a = alpha, b = beta; ; q += row, a += 8, b += 8) {
      multiply(gram, q, w, items);
      const diagonal = dot(q, w, row);
      store<f64>(a, diagonal);
      floor = max(floor, TOLERANCE * diagonal);
      // The latest vector comes first: its part is the largest, and the later steps remove its rounding error
      // along the other vectors.
      for (let other = q; other >= basis; other -= row) subtract(w, dot(other, w, row), other, row);
      const norm = Math.sqrt(dot(w, w, row));
      store<f64>(b, norm);
      steps++;
      if (steps === items || norm <= floor || (steps & 3) === 0) {
        lambda = leadingPair(steps, alpha, beta, lambda, pivots, ritz);
        const residual = norm * load<f64>(ritz + ((<usize>steps - 1) << 3));
        if (steps === items || residual <= TOLERANCE * lambda) break;
      }
      memory.copy(q + row, w, row);
      scaleBy(q + row, 1 / norm, row);
    }
    memory.fill(w, 0, row);
    for (let j: usize = 0; j < steps; j++) subtract(w, -load<f64>(ritz + (j << 3)), basis + j * row, row);
    const length = lambda > 0 ? (unit ? 1 : Math.sqrt(lambda) * scale) / Math.sqrt(dot(w, w, row)) : 0;
    for (let i: usize = 0; i < items; i++) {
      store<f32>(component + (i << 2), <f32>(length * load<f64>(w + (i << 3))));
    }
    gram += (<usize>items * items) << 2;
    component += (<usize>items) << 2;
  }
  heap.free(basis);
  heap.free(scratch);
}

// A start vector that is not orthogonal to any structure of the matrix: the same numbers in (-1, 1) on every
// backend.
function noise(i: u32): f64 {
  let h = i * 747796405 + 2891336453;
  h = ((h >> ((h >> 28) + 4)) ^ h) * 277803737;
  h = (h >> 22) ^ h;
  return <f64>(<i32>h | 1) / 2147483648;
}

// y = matrix · x: float32 times float64, four columns per step.
function multiply(matrix: usize, x: usize, y: usize, items: u32): void {
  const end = (<usize>items) << 2;
  for (const last = y + (end << 1); y < last; y += 8) {
    let even = f64x2.splat(0);
    let odd = f64x2.splat(0);
    let j: usize = 0;
    for (; j + 16 <= end; j += 16) {
      const q = x + (j << 1);
      even = f64x2.add(even, f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(matrix + j)), v128.load(q)));
      odd = f64x2.add(
        odd,
        f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(matrix + j, 8)), v128.load(q, 16)),
      );
    }
    even = f64x2.add(even, odd);
    let sum = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1);
    for (; j < end; j += 4) sum += <f64>load<f32>(matrix + j) * load<f64>(x + (j << 1));
    store<f64>(y, sum);
    matrix += end;
  }
}

function dot(x: usize, y: usize, row: usize): f64 {
  let sums = f64x2.splat(0);
  let i: usize = 0;
  for (; i + 16 <= row; i += 16) sums = f64x2.add(sums, f64x2.mul(v128.load(x + i), v128.load(y + i)));
  const rest = i < row ? load<f64>(x + i) * load<f64>(y + i) : 0;
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1) + rest;
}

// y -= factor · x
function subtract(y: usize, factor: f64, x: usize, row: usize): void {
  const factor2 = f64x2.splat(factor);
  let i: usize = 0;
  for (; i + 16 <= row; i += 16) {
    v128.store(y + i, f64x2.sub(v128.load(y + i), f64x2.mul(factor2, v128.load(x + i))));
  }
  if (i < row) store<f64>(y + i, load<f64>(y + i) - factor * load<f64>(x + i));
}

function scaleBy(x: usize, factor: f64, row: usize): void {
  for (let i: usize = 0; i < row; i += 8) store<f64>(x + i, factor * load<f64>(x + i));
}

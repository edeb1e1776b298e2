// gram: gram[n, i, j] = Σ_t (scale · x[n, i, t]) · (scale · x[n, j, t])
//
// The items i are the columns or the rows of the matrix x[n], as the strides say. One workgroup per tile of
// 16×16 pairs on or above the diagonal, one pair per invocation; the rest is its mirror image. Terms come 16
// at a time through workgroup memory and are added in runs of 128, then the runs.

const WORKGROUP = 256u;
const SIDE = 16u;
const RUN = 128u;

struct Params {
  batch: u32,
  items: u32,
  terms: u32,
  itemStride: u32, // floats from one item to the next
  termStride: u32, // floats from one term to the next
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [n, items · terms]
@group(0) @binding(2) var<storage, read_write> gram: array<f32>; // [n, items, items]

var<workgroup> left: array<f32, WORKGROUP>; // [term, item]
var<workgroup> right: array<f32, WORKGROUP>;

fn value(n: u32, item: u32, term: u32) -> f32 {
  if (item >= params.items || term >= params.terms) { return 0.0; }
  let first = n * params.items * params.terms;
  return params.scale * x[first + item * params.itemStride + term * params.termStride];
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  if (group.x < group.y) { return; }
  let n = group.z; // the grid is exactly `batch` deep
  let fast = lane % SIDE;
  let slow = lane / SIDE;
  // Neighbouring invocations read neighbouring floats.
  let item = select(slow, fast, params.itemStride == 1u);
  let term = select(fast, slow, params.itemStride == 1u);
  var sum = 0.0;
  var run = 0.0;
  for (var t = 0u; t < params.terms; t += SIDE) {
    workgroupBarrier(); // the last 16 terms may still be read
    left[term * SIDE + item] = value(n, group.y * SIDE + item, t + term);
    right[term * SIDE + item] = value(n, group.x * SIDE + item, t + term);
    workgroupBarrier();
    if (t % RUN == 0u) {
      sum += run;
      run = 0.0;
    }
    for (var s = 0u; s < SIDE; s++) {
      run += left[s * SIDE + slow] * right[s * SIDE + fast];
    }
  }
  let i = group.y * SIDE + slow;
  let j = group.x * SIDE + fast;
  if (i <= j && j < params.items) {
    gram[(n * params.items + i) * params.items + j] = sum + run;
    gram[(n * params.items + j) * params.items + i] = sum + run;
  }
}

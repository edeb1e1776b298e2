// matrixProduct: product[n, r, p] = Σ_k weights[r, k] · x[n, k, p]
//
// One workgroup per tile of 16 rows and 16 columns of one image, one product per invocation. Terms come 16 at
// a time through workgroup memory and are added in order.

const WORKGROUP = 256u;
const SIDE = 16u;

struct Params {
  batch: u32,
  rows: u32,
  terms: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [batch, terms, columns]
@group(0) @binding(2) var<storage, read> weights: array<f32>; // [rows, terms]
@group(0) @binding(3) var<storage, read_write> product: array<f32>; // [batch, rows, columns]

var<workgroup> left: array<f32, WORKGROUP>; // [row, term]
var<workgroup> right: array<f32, WORKGROUP>; // [term, column]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let n = group.z; // the grid is exactly `batch` deep
  let fast = lane % SIDE;
  let slow = lane / SIDE;
  let row = group.y * SIDE + slow;
  let column = group.x * SIDE + fast;
  var sum = 0.0;
  for (var t = 0u; t < params.terms; t += SIDE) {
    workgroupBarrier(); // the last 16 terms may still be read
    left[lane] = 0.0;
    if (row < params.rows && t + fast < params.terms) {
      left[lane] = weights[row * params.terms + t + fast];
    }
    right[lane] = 0.0;
    if (column < params.columns && t + slow < params.terms) {
      right[lane] = x[(n * params.terms + t + slow) * params.columns + column];
    }
    workgroupBarrier();
    for (var s = 0u; s < SIDE; s++) {
      sum += left[slow * SIDE + s] * right[s * SIDE + fast];
    }
  }
  if (row < params.rows && column < params.columns) {
    product[(n * params.rows + row) * params.columns + column] = sum;
  }
}

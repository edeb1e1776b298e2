// boxSum: sum[i, y, x] = Σ of x[i] over rows y - before .. y + after and the columns alike, zero outside
//
// One invocation per value, walking on by the size of the grid. Rows, then columns, are added in order.

const WORKGROUP = 64u;

struct Params {
  planes: u32,
  height: u32,
  width: u32,
  before: u32, // rows and columns of the window before its own
  after: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [planes, height, width]
@group(0) @binding(2) var<storage, read_write> sum: array<f32>; // [planes, height, width]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let positions = params.height * params.width;
  for (var i = id.x; i < params.planes * positions; i += groups.x * WORKGROUP) {
    let row = i % positions / params.width;
    let column = i % params.width;
    let plane = i - i % positions;
    let top = row - min(row, params.before);
    let bottom = min(row + params.after, params.height - 1u);
    let first = column - min(column, params.before);
    let last = min(column + params.after, params.width - 1u);
    var total = 0.0;
    for (var r = top; r <= bottom; r++) {
      for (var c = first; c <= last; c++) {
        total += x[plane + r * params.width + c];
      }
    }
    sum[i] = total;
  }
}

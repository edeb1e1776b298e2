// classMargin: margin[n, p] = Σ_c choice[n, c] · x[n, c, p] - min_c x[n, c, p]
//
// One invocation per position p of image n, walking on by the size of the grid; neighbours read neighbouring floats.

const WORKGROUP = 64u;

struct Params {
  batch: u32,
  classes: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [batch, classes, positions]
@group(0) @binding(2) var<storage, read> choice: array<f32>; // [batch, classes]
@group(0) @binding(3) var<storage, read_write> margin: array<f32>; // [batch, positions]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.batch * params.positions; i += groups.x * WORKGROUP) {
    let first = i / params.positions * params.classes;
    let p = i % params.positions;
    var chosen = 0.0;
    var lowest = x[first * params.positions + p];
    for (var c = first; c < first + params.classes; c++) {
      let value = x[c * params.positions + p];
      chosen += choice[c] * value;
      lowest = min(lowest, value);
    }
    margin[i] = chosen - lowest;
  }
}

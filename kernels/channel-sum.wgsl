// channelSum: map[n, p] = Σ_k x[n, k, p]
//
// One invocation per position p of image n, walking on by the size of the grid. Channels are added in order, so the
// sum does not depend on scheduling; neighbouring invocations read neighbouring floats.

const WORKGROUP = 64u;

struct Params {
  batch: u32,
  channels: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [batch, channels, positions]
@group(0) @binding(2) var<storage, read_write> map: array<f32>; // [batch, positions]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.batch * params.positions; i += groups.x * WORKGROUP) {
    let n = i / params.positions;
    let p = i % params.positions;
    var sum = 0.0;
    for (var k = 0u; k < params.channels; k++) {
      sum += x[(n * params.channels + k) * params.positions + p];
    }
    map[i] = sum;
  }
}

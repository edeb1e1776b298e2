// scaleChannels: scaled[n, k, p] = weights[n, k] · x[n, k, p]
//
// One invocation per value, walking on by the size of the grid.

const WORKGROUP = 64u;

struct Params {
  count: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [n · k, positions]
@group(0) @binding(2) var<storage, read> weights: array<f32>; // [n · k]
@group(0) @binding(3) var<storage, read_write> scaled: array<f32>; // [n · k, positions]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.count; i += groups.x * WORKGROUP) {
    scaled[i] = weights[i / params.positions] * x[i];
  }
}

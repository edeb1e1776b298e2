// multiply: product[i] = x[i] · y[i]
//
// One invocation per value. A grid holds 65,535 workgroups along one axis at most, so each invocation walks
// on by the size of the grid.

const WORKGROUP = 64u;

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [count]
@group(0) @binding(2) var<storage, read> y: array<f32>; // [count]
@group(0) @binding(3) var<storage, read_write> product: array<f32>; // [count]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.count; i += groups.x * WORKGROUP) {
    product[i] = x[i] * y[i];
  }
}

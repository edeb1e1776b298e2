// softplus: y[i] = max(x[i], 0) + log(1 + exp(-|x[i]|))
//
// One invocation per value, walking on by the size of the grid. Where the exponential is small, log(1 + e)
// would round to 0 in float32: its series keeps the digits that attention far below 0 consists of.

const WORKGROUP = 64u;
const SMALL = 0.001;

struct Params {
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [count]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [count]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.count; i += groups.x * WORKGROUP) {
    let e = exp(-abs(x[i]));
    let tail = select(log(1.0 + e), e - 0.5 * e * e, e < SMALL);
    y[i] = max(x[i], 0.0) + tail;
  }
}

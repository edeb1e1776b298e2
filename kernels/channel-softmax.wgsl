// channelSoftmax: share[n, k, p] = exp(x[n, k, p]) / Σ_j exp(x[n, j, p])
//
// One invocation per position p of image n, walking on by the size of the grid. The largest value is taken off first, so
// that no exponential overflows.

const WORKGROUP = 64u;

struct Params {
  batch: u32,
  channels: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [batch, channels, positions]
@group(0) @binding(2) var<storage, read_write> share: array<f32>; // [batch, channels, positions]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.batch * params.positions; i += groups.x * WORKGROUP) {
    let first = i / params.positions * params.channels * params.positions + i % params.positions;
    let end = first + params.channels * params.positions;
    var largest = x[first];
    for (var at = first; at < end; at += params.positions) {
      largest = max(largest, x[at]);
    }
    var sum = 0.0;
    for (var at = first; at < end; at += params.positions) {
      let value = exp(x[at] - largest);
      share[at] = value;
      sum += value;
    }
    for (var at = first; at < end; at += params.positions) {
      share[at] /= sum;
    }
  }
}

// weightedSum: map[n, p] = Σ_k weights[n, k] · activations[n, k, p]
//
// One invocation per position p of image n. Channels are added in order, so the sum does not depend
// on scheduling; neighbouring invocations read neighbouring floats.

const WORKGROUP = 64u;

struct Params {
  batch: u32,
  channels: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> activations: array<f32>; // [batch, channels, positions]
@group(0) @binding(2) var<storage, read> weights: array<f32>; // [batch, channels]
@group(0) @binding(3) var<storage, read_write> map: array<f32>; // [batch, positions]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let p = id.x;
  let n = id.y; // the grid is exactly `batch` tall
  if (p >= params.positions) { return; }
  var sum = 0.0;
  for (var k = 0u; k < params.channels; k++) {
    let nk = n * params.channels + k;
    sum += weights[nk] * activations[nk * params.positions + p];
  }
  map[n * params.positions + p] = sum;
}

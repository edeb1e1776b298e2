// weightedSum: map[n, p] = Σ_k weights[n, k] · activations[n, k, p]
//
// One workgroup per eight positions. Of each, 32 invocations add up every 32nd channel in order, then a tree
// adds the 32 sums: the order depends on the number of channels alone, and no chain of additions is longer
// than needs be.

const WORKGROUP = 256u;
const POSITIONS = 8u;
const SLICES = 32u;

struct Params {
  batch: u32,
  channels: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> activations: array<f32>; // [batch, channels, positions]
@group(0) @binding(2) var<storage, read> weights: array<f32>; // [batch, channels]
@group(0) @binding(3) var<storage, read_write> map: array<f32>; // [batch, positions]

#import "shared/reduce.wgsl"

alias Partial = f32;

fn join(a: Partial, b: Partial) -> Partial {
  return a + b;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let p = group.x * POSITIONS + lane % POSITIONS;
  let n = group.y; // the grid is exactly `batch` tall
  var sum = 0.0;
  if (p < params.positions) {
    for (var k = lane / POSITIONS; k < params.channels; k += SLICES) {
      let nk = n * params.channels + k;
      sum += weights[nk] * activations[nk * params.positions + p];
    }
  }
  sum = reduceSlices(lane, sum, SLICES);
  if (lane < POSITIONS && p < params.positions) {
    map[n * params.positions + p] = sum;
  }
}

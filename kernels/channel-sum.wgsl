// channelSum: map[n, p] = Σ_k x[n, k, p]
//
// One workgroup per eight positions of an image, walking on by the size of the grid. Of each, 32 invocations
// add up every 32nd channel in order, then a tree adds the 32 sums: the order depends on the number of
// channels alone, and no chain of additions is longer than needs be.

const WORKGROUP = 256u;
const POSITIONS = 8u;
const SLICES = 32u;

struct Params {
  batch: u32,
  channels: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [batch, channels, positions]
@group(0) @binding(2) var<storage, read_write> map: array<f32>; // [batch, positions]

#import "shared/reduce.wgsl"

alias Partial = f32;

fn join(a: Partial, b: Partial) -> Partial {
  return a + b;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let blocks = (params.positions + POSITIONS - 1u) / POSITIONS; // of an image
  for (var block = group.x; block < params.batch * blocks; block += groups.x) {
    let n = block / blocks;
    let p = block % blocks * POSITIONS + lane % POSITIONS;
    var sum = 0.0;
    if (p < params.positions) {
      for (var k = lane / POSITIONS; k < params.channels; k += SLICES) {
        sum += x[(n * params.channels + k) * params.positions + p];
      }
    }
    sum = reduceSlices(lane, sum, SLICES);
    if (lane < POSITIONS && p < params.positions) {
      map[n * params.positions + p] = sum;
    }
  }
}

// channelSoftmax: share[n, k, p] = exp(x[n, k, p]) / Σ_j exp(x[n, j, p])
//
// One workgroup per eight positions of an image, walking on by the size of the grid; of each position 32
// invocations take every 32nd channel, and trees join their answers, always in the same order. The largest
// value is taken off first, so that no exponential overflows.

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
@group(0) @binding(2) var<storage, read_write> share: array<f32>; // [batch, channels, positions]

#import "shared/reduce.wgsl"

alias Partial = vec2f; // the largest value, and the sum; one of them is asked for

fn join(a: Partial, b: Partial) -> Partial {
  return vec2f(max(a.x, b.x), a.y + b.y);
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
    let image = n * params.channels * params.positions;
    let first = image + lane / POSITIONS * params.positions + p;
    let end = select(first, image + params.channels * params.positions, p < params.positions);
    let step = SLICES * params.positions;
    var largest = x[image + min(p, params.positions - 1u)];
    for (var at = first; at < end; at += step) {
      largest = max(largest, x[at]);
    }
    largest = reduceSlices(lane, vec2f(largest, 0.0), SLICES).x;
    var sum = 0.0;
    for (var at = first; at < end; at += step) {
      let value = exp(x[at] - largest);
      share[at] = value;
      sum += value;
    }
    sum = reduceSlices(lane, vec2f(0.0, sum), SLICES).y;
    for (var at = first; at < end; at += step) {
      share[at] /= sum;
    }
  }
}

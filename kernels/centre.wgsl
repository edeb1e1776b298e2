// centre: centred[n, k, p] = x[n, k, p] - Σ_p x[n, k, p] / positions
//
// One workgroup per plane (n, k). The mean is taken twice, the second time of what the first left: its
// rounding, which matters where a channel varies little about a large mean, is gone with it.

const WORKGROUP = 64u;
const RUN = 16u;

struct Params {
  planes: u32, // n * k
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [planes, positions]
@group(0) @binding(2) var<storage, read_write> centred: array<f32>; // [planes, positions]

#import "shared/reduce.wgsl"

alias Partial = f32;

fn join(a: Partial, b: Partial) -> Partial {
  return a + b;
}

// Mean over the plane of x - shift: runs of 16, then the runs, then a tree.
fn meanLess(shift: f32, first: u32, lane: u32) -> f32 {
  var sum = 0.0;
  for (var p = lane; p < params.positions; p += RUN * WORKGROUP) {
    let end = min(p + RUN * WORKGROUP, params.positions);
    var run = 0.0;
    for (var q = p; q < end; q += WORKGROUP) {
      run += x[first + q] - shift;
    }
    sum += run;
  }
  return reduce(lane, sum) / f32(params.positions);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  for (var plane = group.x; plane < params.planes; plane += groups.x) {
    let first = plane * params.positions;
    let mean = meanLess(0.0, first, lane);
    let rest = meanLess(mean, first, lane);
    for (var p = first + lane; p < first + params.positions; p += WORKGROUP) {
      centred[p] = (x[p] - mean) - rest;
    }
  }
}

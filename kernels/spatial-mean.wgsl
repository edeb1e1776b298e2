// spatialMean: mean[n, k] = Σ_p x[n, k, p] / positions
//
// One workgroup per plane (n, k). Each invocation adds every 64th position in runs of 16 and then the runs, a
// tree adds the 64 sums: gradients cancel, and no chain of additions here is longer than needs be.
// Compensated summation would be shorter, but WGSL lets a compiler simplify the compensation away.

const WORKGROUP = 64u;
const RUN = 16u;

struct Params {
  planes: u32, // n * k
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [planes, positions]
@group(0) @binding(2) var<storage, read_write> mean: array<f32>; // [planes]

#import "shared/reduce.wgsl"

alias Partial = f32;

fn join(a: Partial, b: Partial) -> Partial {
  return a + b;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  for (var plane = group.x; plane < params.planes; plane += groups.x) {
    let first = plane * params.positions;
    var sum = 0.0;
    for (var p = lane; p < params.positions; p += RUN * WORKGROUP) {
      let end = min(p + RUN * WORKGROUP, params.positions);
      var run = 0.0;
      for (var q = p; q < end; q += WORKGROUP) {
        run += x[first + q];
      }
      sum += run;
    }
    sum = reduce(lane, sum);
    if (lane == 0u) {
      mean[plane] = sum / f32(params.positions);
    }
  }
}

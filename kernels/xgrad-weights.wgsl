// xgradWeights: weights[n, k] = Σ_p gradients[n, k, p] · activations[n, k, p] / Σ_p activations[n, k, p]
//
// One workgroup per plane (n, k). Each invocation adds every 64th position in runs of 16 and then the runs, a
// tree adds the 64 sums. A sum of activations that rounding cannot tell from 0 counts as 0, and the weight
// with it.

const WORKGROUP = 64u;
const RUN = 16u;
const ROUNDING = 0x1p-21; // of Σ |activations|, in float32

struct Params {
  planes: u32, // n * k
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> activations: array<f32>; // [planes, positions]
@group(0) @binding(2) var<storage, read> gradients: array<f32>; // [planes, positions]
@group(0) @binding(3) var<storage, read_write> weights: array<f32>; // [planes]

#import "shared/reduce.wgsl"

alias Partial = vec3f; // sums of G · A, A and |A|

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
    var sum = vec3f();
    for (var p = lane; p < params.positions; p += RUN * WORKGROUP) {
      let end = min(p + RUN * WORKGROUP, params.positions);
      var run = vec3f();
      for (var q = p; q < end; q += WORKGROUP) {
        let a = activations[first + q];
        run += vec3f(gradients[first + q] * a, a, abs(a));
      }
      sum += run;
    }
    let total = reduce(lane, sum);
    if (lane == 0u) {
      weights[plane] = 0.0;
      if (abs(total.y) > ROUNDING * total.z) {
        weights[plane] = total.x / total.y;
      }
    }
  }
}

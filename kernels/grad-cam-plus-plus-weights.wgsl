// gradCamPlusPlusWeights: weights[n, k] = Σ_p α · relu(G), α = G² / (2 G² + ΣA · G³) = 1 / (2 + ΣA · G), 0
// where that is 1 / 0
//
// Divided through by G², so that gradients of 1e-20 do not vanish in their squares. One workgroup per plane
// (n, k): ΣA first, then the weight; each invocation adds every 64th position in runs of 16 and then the
// runs, a tree adds the 64 sums.

const WORKGROUP = 64u;
const RUN = 16u;

struct Params {
  planes: u32, // n * k
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> activations: array<f32>; // [planes, positions]
@group(0) @binding(2) var<storage, read> gradients: array<f32>; // [planes, positions]
@group(0) @binding(3) var<storage, read_write> weights: array<f32>; // [planes]

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
    var activation = 0.0;
    for (var p = lane; p < params.positions; p += RUN * WORKGROUP) {
      let end = min(p + RUN * WORKGROUP, params.positions);
      var run = 0.0;
      for (var q = p; q < end; q += WORKGROUP) {
        run += activations[first + q];
      }
      activation += run;
    }
    let sumA = reduce(lane, activation);
    var weight = 0.0;
    for (var p = lane; p < params.positions; p += RUN * WORKGROUP) {
      let end = min(p + RUN * WORKGROUP, params.positions);
      var run = 0.0;
      for (var q = p; q < end; q += WORKGROUP) {
        let g = gradients[first + q];
        let denominator = 2.0 + sumA * g;
        if (g > 0.0 && denominator != 0.0) {
          run += g / denominator;
        }
      }
      weight += run;
    }
    let sum = reduce(lane, weight);
    if (lane == 0u) {
      weights[plane] = sum;
    }
  }
}

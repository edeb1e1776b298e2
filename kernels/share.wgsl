// share: share[n, p] = x[n, p] / Σ_q x[n, q], 0 where the sum is 0
//
// One workgroup per map. Each invocation adds every 64th position, a tree adds the 64 sums. The largest
// magnitude is found first and divided out, so that maps of tiny values keep their shares.

const WORKGROUP = 64u;

struct Params {
  maps: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [maps, positions]
@group(0) @binding(2) var<storage, read_write> share: array<f32>; // [maps, positions]

#import "shared/reduce.wgsl"

alias Partial = vec2f; // the largest value, and the sum; one of them is asked for

fn join(a: Partial, b: Partial) -> Partial {
  return vec2f(max(a.x, b.x), a.y + b.y);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  for (var n = group.x; n < params.maps; n += groups.x) {
    let first = n * params.positions;
    let end = first + params.positions;
    var largest = 0.0;
    for (var p = first + lane; p < end; p += WORKGROUP) {
      largest = max(largest, abs(x[p]));
    }
    largest = max(reduce(lane, vec2f(largest, 0.0)).x, 0x1p-126f);
    var sum = 0.0;
    for (var p = first + lane; p < end; p += WORKGROUP) {
      sum += x[p] / largest;
    }
    let total = reduce(lane, vec2f(0.0, sum)).y;
    for (var p = first + lane; p < end; p += WORKGROUP) {
      share[p] = 0.0;
      if (total != 0.0) {
        share[p] = x[p] / largest / total;
      }
    }
  }
}

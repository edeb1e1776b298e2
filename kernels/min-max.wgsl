// minMax: range[n] = (min over p of x[n, p], max over p of x[n, p])
//
// One workgroup per image: each invocation looks at every 256th position, then a tree joins the 256 answers.
// Minimum and maximum do not round, so the order does not matter.

const WORKGROUP = 256u;

struct Params {
  batch: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [batch, positions]
@group(0) @binding(2) var<storage, read_write> range: array<f32>; // [batch, 2]

#import "shared/reduce.wgsl"

alias Partial = vec2f; // minimum, maximum

fn join(a: Partial, b: Partial) -> Partial {
  return vec2f(min(a.x, b.x), max(a.y, b.y));
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  for (var n = group.x; n < params.batch; n += groups.x) {
    let first = n * params.positions;
    // Not 0: a map may lie wholly below or above it.
    var lo = x[first];
    var hi = lo;
    for (var p = lane; p < params.positions; p += WORKGROUP) {
      let value = x[first + p];
      lo = min(lo, value);
      hi = max(hi, value);
    }
    let both = reduce(lane, vec2f(lo, hi));
    if (lane == 0u) {
      range[2u * n] = both.x;
      range[2u * n + 1u] = both.y;
    }
  }
}

// alignSign: aligned[n, p] = sign · map[n, p], sign = -1 where Σ_p map[n, p] · toward[n, p] < 0, else 1
//
// One workgroup per image: each invocation adds up every 256th product, a tree adds the 256 sums.

const WORKGROUP = 256u;

struct Params {
  batch: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> map: array<f32>; // [batch, positions]
@group(0) @binding(2) var<storage, read> toward: array<f32>; // [batch, positions]
@group(0) @binding(3) var<storage, read_write> aligned: array<f32>; // [batch, positions]

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
  for (var n = group.x; n < params.batch; n += groups.x) {
    let first = n * params.positions;
    let end = first + params.positions;
    var sum = 0.0;
    for (var p = first + lane; p < end; p += WORKGROUP) {
      sum += map[p] * toward[p];
    }
    let sign = select(1.0, -1.0, reduce(lane, sum) < 0.0);
    for (var p = first + lane; p < end; p += WORKGROUP) {
      aligned[p] = sign * map[p];
    }
  }
}

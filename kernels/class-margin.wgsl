// classMargin: margin[n, p] = Σ_c choice[n, c] · x[n, c, p] - min_c x[n, c, p]
//
// One workgroup per eight positions of an image, walking on by the size of the grid. Of each, 32 invocations
// add up every 32nd class in order, then a tree adds the 32 sums: the order depends on the number of classes
// alone, and no chain of additions is longer than needs be.

const WORKGROUP = 256u;
const POSITIONS = 8u;
const SLICES = 32u;

struct Params {
  batch: u32,
  classes: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [batch, classes, positions]
@group(0) @binding(2) var<storage, read> choice: array<f32>; // [batch, classes]
@group(0) @binding(3) var<storage, read_write> margin: array<f32>; // [batch, positions]

#import "shared/reduce.wgsl"

alias Partial = vec2f; // sum, minimum

fn join(a: Partial, b: Partial) -> Partial {
  return vec2f(a.x + b.x, min(a.y, b.y));
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
    let first = n * params.classes;
    var chosen = 0.0;
    var lowest = x[first * params.positions + min(p, params.positions - 1u)];
    if (p < params.positions) {
      for (var c = first + lane / POSITIONS; c < first + params.classes; c += SLICES) {
        let value = x[c * params.positions + p];
        chosen += choice[c] * value;
        lowest = min(lowest, value);
      }
    }
    let whole = reduceSlices(lane, vec2f(chosen, lowest), SLICES);
    if (lane < POSITIONS && p < params.positions) {
      margin[n * params.positions + p] = whole.x - whole.y;
    }
  }
}

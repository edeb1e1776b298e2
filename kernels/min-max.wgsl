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

var<workgroup> low: array<f32, WORKGROUP>;
var<workgroup> high: array<f32, WORKGROUP>;

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
    workgroupBarrier(); // an invocation may still be joining the last image
    low[lane] = lo;
    high[lane] = hi;
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (lane < half) {
        low[lane] = min(low[lane], low[lane + half]);
        high[lane] = max(high[lane], high[lane + half]);
      }
    }
    if (lane == 0u) {
      range[2u * n] = low[0];
      range[2u * n + 1u] = high[0];
    }
  }
}

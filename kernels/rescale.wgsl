// rescale: scaled[n, p] = (x[n, p] - min[n]) / (max[n] - min[n]), 0 where max[n] = min[n]
//
// One invocation per value, walking on by the size of the grid. WGSL's division is off by up to 2.5 units in
// the last place, so the ends are set, not computed.

const WORKGROUP = 64u;

// Below it a GPU may take a number for 0 and promises nothing of a quotient.
const SMALLEST_NORMAL = 0x1p-126f;

struct Params {
  batch: u32,
  positions: u32, // h * w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [batch, positions]
@group(0) @binding(2) var<storage, read> range: array<f32>; // [batch, 2]: min, max
@group(0) @binding(3) var<storage, read_write> scaled: array<f32>; // [batch, positions]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < params.batch * params.positions; i += groups.x * WORKGROUP) {
    let n = i / params.positions;
    let lo = range[2u * n];
    let hi = range[2u * n + 1u];
    let value = x[i];
    var share = 0.0;
    if (hi - lo >= SMALLEST_NORMAL && value > lo) {
      share = select(min((value - lo) / (hi - lo), 1.0), 1.0, value >= hi);
    }
    scaled[i] = share;
  }
}

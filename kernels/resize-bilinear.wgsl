// resizeBilinear: y[n, Y, X] = x[n] at ((Y + 1/2) · h/H - 1/2, (X + 1/2) · w/W), interpolated linearly,
// clamped at the edge
//
// One invocation per output value, walking on by the size of the grid. Source index and fraction are quotient
// and remainder of ((2 Y + 1) · h - H) by 2 H, in integers: a float coordinate could fall on the wrong side
// of a sample. a + t · (b - a) keeps a constant map constant, bit for bit.

const WORKGROUP = 64u;

struct Params {
  batch: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  unitY: f32, // 1 / (2 outHeight), rounded once on the host: WGSL's division is not exact
  unitX: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [batch, height, width]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [batch, outHeight, outWidth]

// The source coordinate of output sample `i`, in units of 1 / (2 outSize).
fn source(i: u32, size: u32, outSize: u32) -> u32 {
  return u32(max(i32((2u * i + 1u) * size) - i32(outSize), 0));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let outPositions = params.outHeight * params.outWidth;
  for (var i = id.x; i < params.batch * outPositions; i += groups.x * WORKGROUP) {
    let n = i / outPositions;
    let p = i % outPositions;
    let v = source(p / params.outWidth, params.height, params.outHeight);
    let u = source(p % params.outWidth, params.width, params.outWidth);
    let y0 = v / (2u * params.outHeight);
    let x0 = u / (2u * params.outWidth);
    let ty = f32(v % (2u * params.outHeight)) * params.unitY;
    let tx = f32(u % (2u * params.outWidth)) * params.unitX;
    let top = (n * params.height + y0) * params.width;
    let bottom = (n * params.height + min(y0 + 1u, params.height - 1u)) * params.width;
    let x1 = min(x0 + 1u, params.width - 1u);
    let above = x[top + x0] + tx * (x[top + x1] - x[top + x0]);
    let below = x[bottom + x0] + tx * (x[bottom + x1] - x[bottom + x0]);
    y[i] = above + ty * (below - above);
  }
}

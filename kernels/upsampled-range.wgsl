// upsampledRange: range[n, k] = min and max over Y, X of x[n, k] resized to H × W (resizeBilinear)
//
// One workgroup per channel, walking on by the size of the grid. Between two rows, and two columns, of the
// source the resized map is monotone, so its extremes lie at the ends of runs of equal source cells: 2 h × 2
// w samples, however large the output.

const WORKGROUP = 64u;

struct Params {
  planes: u32, // n * k
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  unitY: f32, // 1 / (2 outHeight)
  unitX: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [planes, height, width]
@group(0) @binding(2) var<storage, read_write> range: array<f32>; // [planes, 2]: min, max

#import "shared/reduce.wgsl"

alias Partial = vec2f; // minimum, maximum

fn join(a: Partial, b: Partial) -> Partial {
  return vec2f(min(a.x, b.x), max(a.y, b.y));
}

// The source coordinate of output sample `i`, in units of 1 / (2 outSize).
fn source(i: u32, size: u32, outSize: u32) -> u32 {
  return u32(max(i32((2u * i + 1u) * size) - i32(outSize), 0));
}

// The first output sample of cell e / 2 for even e, the last for odd e.
fn end(e: u32, size: u32, outSize: u32) -> u32 {
  let cell = (e + 1u) / 2u;
  let first = select((2u * cell * outSize + outSize - size + 2u * size - 1u) / (2u * size), 0u, cell == 0u);
  return min(first - min(first, e % 2u), outSize - 1u);
}

fn sample(plane: u32, Y: u32, X: u32) -> f32 {
  let v = source(Y, params.height, params.outHeight);
  let u = source(X, params.width, params.outWidth);
  let y0 = v / (2u * params.outHeight);
  let x0 = u / (2u * params.outWidth);
  let ty = f32(v % (2u * params.outHeight)) * params.unitY;
  let tx = f32(u % (2u * params.outWidth)) * params.unitX;
  let top = (plane * params.height + y0) * params.width;
  let bottom = (plane * params.height + min(y0 + 1u, params.height - 1u)) * params.width;
  let x1 = min(x0 + 1u, params.width - 1u);
  let above = x[top + x0] + tx * (x[top + x1] - x[top + x0]);
  let below = x[bottom + x0] + tx * (x[bottom + x1] - x[bottom + x0]);
  return above + ty * (below - above);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  for (var plane = group.x; plane < params.planes; plane += groups.x) {
    var low = sample(plane, 0u, 0u);
    var high = low;
    for (var i = lane; i < 4u * params.height * params.width; i += WORKGROUP) {
      let Y = end(i / (2u * params.width), params.height, params.outHeight);
      let X = end(i % (2u * params.width), params.width, params.outWidth);
      let value = sample(plane, Y, X);
      low = min(low, value);
      high = max(high, value);
    }
    let both = reduce(lane, vec2f(low, high));
    if (lane == 0u) {
      range[2u * plane] = both.x;
      range[2u * plane + 1u] = both.y;
    }
  }
}

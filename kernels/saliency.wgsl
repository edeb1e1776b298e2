// saliency: saliency[n, P] = (up[n, P] - min up[n]) / (max up[n] - min up[n]), up =
// resizeBilinear(relu(map)), 0 where flat
//
// Several workgroups per image, which walk on by the size of the grid. Each finds the range by itself:
// between two rows, and two columns, of the map up is monotone, so its extremes lie at the ends of runs of
// equal source cells, 2 h × 2 w samples, however large the output.

const WORKGROUP = 256u;

// Below it a GPU may take a number for 0 and promises nothing of a quotient.
const SMALLEST_NORMAL = 0x1p-126f;

struct Params {
  batch: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  unitY: f32, // 1 / (2 outHeight)
  unitX: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> map: array<f32>; // [batch, height, width]
@group(0) @binding(2) var<storage, read_write> saliency: array<f32>; // [batch, outHeight, outWidth]

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

fn sample(n: u32, Y: u32, X: u32) -> f32 {
  let v = source(Y, params.height, params.outHeight);
  let u = source(X, params.width, params.outWidth);
  let y0 = v / (2u * params.outHeight);
  let x0 = u / (2u * params.outWidth);
  let ty = f32(v % (2u * params.outHeight)) * params.unitY;
  let tx = f32(u % (2u * params.outWidth)) * params.unitX;
  let top = (n * params.height + y0) * params.width;
  let bottom = (n * params.height + min(y0 + 1u, params.height - 1u)) * params.width;
  let x1 = min(x0 + 1u, params.width - 1u);
  let a = max(map[top + x0], 0.0);
  let b = max(map[bottom + x0], 0.0);
  let above = a + tx * (max(map[top + x1], 0.0) - a);
  let below = b + tx * (max(map[bottom + x1], 0.0) - b);
  return above + ty * (below - above);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = group.y; // the grid is exactly `batch` tall
  var low = sample(n, 0u, 0u);
  var high = low;
  for (var i = lane; i < 4u * params.height * params.width; i += WORKGROUP) {
    let Y = end(i / (2u * params.width), params.height, params.outHeight);
    let X = end(i % (2u * params.width), params.width, params.outWidth);
    let value = sample(n, Y, X);
    low = min(low, value);
    high = max(high, value);
  }
  let both = reduce(lane, vec2f(low, high));
  low = both.x;
  high = both.y;
  let pixels = params.outHeight * params.outWidth;
  for (var p = group.x * WORKGROUP + lane; p < pixels; p += groups.x * WORKGROUP) {
    let value = sample(n, p / params.outWidth, p % params.outWidth);
    var share = 0.0;
    if (high - low >= SMALLEST_NORMAL && value > low) {
      // WGSL's division is off by up to 2.5 units in the last place: the end is set, not computed.
      share = select(min((value - low) / (high - low), 1.0), 1.0, value >= high);
    }
    saliency[n * pixels + p] = share;
  }
}

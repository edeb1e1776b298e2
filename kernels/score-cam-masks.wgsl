// scoreCamMasks: masked[j, c, p] = factor · input[c, p] · minmax(resize(activations[channels[j]]))[p], for
// one image
//
// One invocation per mask and position, walking on by the size of the grid: it makes the mask's value once
// and writes it into every channel of the input. A mask whose range is 0 is 0.

const WORKGROUP = 64u;

// Below it a GPU may take a number for 0 and promises nothing of a quotient.
const SMALLEST_NORMAL = 0x1p-126f;

struct Params {
  masks: u32,
  colours: u32,
  layerChannels: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  unitY: f32, // 1 / (2 outHeight)
  unitX: f32,
  image: u32,
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>; // [n, colours, outHeight, outWidth]
@group(0) @binding(2) var<storage, read> activations: array<f32>; // [n, layerChannels, height, width]
@group(0) @binding(3) var<storage, read> ranges: array<f32>; // [n, layerChannels, 2]: min, max
@group(0) @binding(4) var<storage, read> channels: array<u32>; // [masks]
@group(0) @binding(5) var<storage, read_write> masked: array<f32>; // [masks, colours, outHeight, outWidth]

// The source coordinate of output sample `i`, in units of 1 / (2 outSize).
fn source(i: u32, size: u32, outSize: u32) -> u32 {
  return u32(max(i32((2u * i + 1u) * size) - i32(outSize), 0));
}

fn resized(plane: u32, Y: u32, X: u32) -> f32 {
  let v = source(Y, params.height, params.outHeight);
  let u = source(X, params.width, params.outWidth);
  let y0 = v / (2u * params.outHeight);
  let x0 = u / (2u * params.outWidth);
  let ty = f32(v % (2u * params.outHeight)) * params.unitY;
  let tx = f32(u % (2u * params.outWidth)) * params.unitX;
  let top = (plane * params.height + y0) * params.width;
  let bottom = (plane * params.height + min(y0 + 1u, params.height - 1u)) * params.width;
  let x1 = min(x0 + 1u, params.width - 1u);
  let above = activations[top + x0] + tx * (activations[top + x1] - activations[top + x0]);
  let below = activations[bottom + x0] + tx * (activations[bottom + x1] - activations[bottom + x0]);
  return above + ty * (below - above);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let positions = params.outHeight * params.outWidth;
  for (var i = id.x; i < params.masks * positions; i += groups.x * WORKGROUP) {
    let j = i / positions;
    let p = i % positions;
    let plane = params.image * params.layerChannels + channels[j];
    let low = ranges[2u * plane];
    let span = ranges[2u * plane + 1u] - low;
    var mask = 0.0;
    if (span >= SMALLEST_NORMAL) {
      let value = resized(plane, p / params.outWidth, p % params.outWidth);
      mask = params.factor * clamp((value - low) / span, 0.0, 1.0);
    }
    for (var c = 0u; c < params.colours; c++) {
      let value = input[(params.image * params.colours + c) * positions + p];
      masked[(j * params.colours + c) * positions + p] = mask * value;
    }
  }
}

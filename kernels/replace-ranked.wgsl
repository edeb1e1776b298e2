// replaceRanked: replaced[s, c, p] = baseline[c, p] where spans[s, 0] <= ranks[p] < spans[s, 1], else
// image[c, p]
//
// One invocation per pixel, walking on by the size of the grid: it reads the pixel's rank and colours once
// and writes them into every copy. Neighbouring invocations write neighbouring floats.

const WORKGROUP = 64u;

struct Params {
  copies: u32,
  channels: u32,
  pixels: u32, // height * width
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> image: array<f32>; // [channels, pixels]
@group(0) @binding(2) var<storage, read> baseline: array<f32>; // [channels, pixels]
@group(0) @binding(3) var<storage, read> ranks: array<u32>; // [pixels]
@group(0) @binding(4) var<storage, read> spans: array<u32>; // [copies, 2]: from, to
@group(0) @binding(5) var<storage, read_write> replaced: array<f32>; // [copies, channels, pixels]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var p = id.x; p < params.pixels; p += groups.x * WORKGROUP) {
    let rank = ranks[p];
    for (var c = 0u; c < params.channels; c++) {
      let kept = image[c * params.pixels + p];
      let other = baseline[c * params.pixels + p];
      for (var s = 0u; s < params.copies; s++) {
        let taken = rank >= spans[2u * s] && rank < spans[2u * s + 1u];
        replaced[(s * params.channels + c) * params.pixels + p] = select(kept, other, taken);
      }
    }
  }
}

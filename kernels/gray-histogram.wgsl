// grayHistogram: counts[n, b] = #{ p : gray[n, p] >> shift = b }
//
// One workgroup per image. Counts are gathered in workgroup memory and written once.

const WORKGROUP = 256u;

struct Params {
  batch: u32,
  pixels: u32,
  bins: u32, // at most 256
  shift: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gray: array<u32>; // [batch, pixels], 0..255
@group(0) @binding(2) var<storage, read_write> counts: array<u32>; // [batch, bins]

var<workgroup> histogram: array<atomic<u32>, 256>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let n = group.x;
  for (var p = local; p < params.pixels; p += WORKGROUP) {
    atomicAdd(&histogram[(gray[n * params.pixels + p] & 255u) >> params.shift], 1u);
  }
  workgroupBarrier();
  if (local < params.bins) { counts[n * params.bins + local] = atomicLoad(&histogram[local]); }
}

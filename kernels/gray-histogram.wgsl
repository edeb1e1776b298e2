// grayHistogram: counts[n, b] = #{ p : gray[n, p] >> shift = b }
//
// Several workgroups per image, which walk on by the size of the grid. Each gathers counts in workgroup
// memory and adds them to the result, which is 0 at first.

const WORKGROUP = 256u;

struct Params {
  batch: u32,
  pixels: u32,
  bins: u32, // at most 256
  shift: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gray: array<u32>; // [batch, pixels], 0..255
@group(0) @binding(2) var<storage, read_write> counts: array<atomic<u32>>; // [batch, bins]

var<workgroup> histogram: array<atomic<u32>, 256>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let n = group.y; // the grid is exactly `batch` tall
  for (var p = group.x * WORKGROUP + local; p < params.pixels; p += groups.x * WORKGROUP) {
    atomicAdd(&histogram[(gray[n * params.pixels + p] & 255u) >> params.shift], 1u);
  }
  workgroupBarrier();
  let count = atomicLoad(&histogram[local]);
  if (count != 0u) { atomicAdd(&counts[n * params.bins + local], count); }
}

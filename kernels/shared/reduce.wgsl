// Joins what the invocations of a workgroup hold, by a tree that always has the same order.
//
// The importing shader declares: WORKGROUP, Partial, join
//
// `Partial` is what one invocation holds, say «alias Partial = f32;», and `join(a, b)` makes one of two, say
// their sum. WORKGROUP is a power of two. All invocations of the workgroup call these functions together.
// Each ends with a barrier, so the next call may overwrite what the last one read.

var<workgroup> partials: array<Partial, WORKGROUP>;

// Leaves the answer of each of the first `places` lanes in `partials`.
fn climb(lane: u32, own: Partial, places: u32) {
  partials[lane] = own;
  for (var half = WORKGROUP / 2u; half >= places; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partials[lane] = join(partials[lane], partials[lane + half]);
    }
  }
}

// What all invocations hold, joined; the answer is uniform.
fn reduce(lane: u32, own: Partial) -> Partial {
  climb(lane, own, 1u);
  return workgroupUniformLoad(&partials[0]);
}

// The workgroup as `slices` runs of lanes, one after the other: what lanes at the same place of their slices
// hold is joined, and each gets the answer of its place.
fn reduceSlices(lane: u32, own: Partial, slices: u32) -> Partial {
  let places = WORKGROUP / slices;
  climb(lane, own, places);
  workgroupBarrier();
  let answer = partials[lane % places];
  workgroupBarrier();
  return answer;
}

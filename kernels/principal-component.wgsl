// principalComponent: component[n] = scale · √λ · u, or u alone, with gram[n] · u = λ · u, λ the largest, |u|
// = 1
//
// Lanczos, one workgroup per image, in float32 on gram / trace: gram · Q = Q · T with tridiagonal T. The
// vectors q are not stored: a first pass finds T and stops when its leading pair has converged, before
// orthogonality is lost (which is what convergence costs: Paige 1976); a second makes the same q again and
// adds up u = Σ_j s[j] · q[j], s the eigenvector of T. Every invocation holds each 256th entry of the
// vectors. For T's leading eigenvalue each tries one of 256 values at a time, then one of them finds its
// eigenvector; every fourth step.

const WORKGROUP = 256u;
const LARGEST = 2048u; // items
const OWNED = 8u; // entries of a vector per invocation
const STEPS = 128u;
const TOLERANCE = 2e-7; // of λ
const SMALLEST = 0x1p-120; // trace: what lies below has no digits in float32

struct Params {
  batch: u32,
  items: u32,
  scale: f32,
  unit: u32, // 1: u alone
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gram: array<f32>; // [batch, items, items]
@group(0) @binding(2) var<storage, read_write> component: array<f32>; // [batch, items]

#import "shared/reduce.wgsl"

alias Partial = f32;

fn join(a: Partial, b: Partial) -> Partial {
  return a + b;
}

var<workgroup> q: array<f32, LARGEST>;
var<workgroup> alpha: array<f32, STEPS>;
var<workgroup> beta: array<f32, STEPS>; // beta[j] joins j and j + 1
var<workgroup> pivots: array<f32, STEPS>;
var<workgroup> ritz: array<f32, STEPS>; // s
var<workgroup> lambda: f32; // of gram / trace
var<workgroup> found: u32;
var<workgroup> bound: f32;
var<workgroup> least: atomic<u32>; // invocation whose value is not below λ
var<workgroup> taken: u32;

// A start that no structure of the matrix is orthogonal to: the same numbers in (-1, 1) on every backend.
fn noise(i: u32) -> f32 {
  var h = i * 747796405u + 2891336453u;
  h = ((h >> ((h >> 28u) + 4u)) ^ h) * 277803737u;
  h = (h >> 22u) ^ h;
  return f32(i32(h | 1u)) / 2147483648.0;
}

// Whether all pivots of sigma - T are positive, that is no eigenvalue sigma or more.
fn isAbove(count: u32, sigma: f32) -> bool {
  var pivot = sigma - alpha[0];
  for (var i = 0u; i + 1u < count && pivot > 0.0; i++) {
    pivot = sigma - alpha[i + 1u] - beta[i] * beta[i] / pivot;
  }
  return pivot > 0.0;
}

// The largest eigenvalue of T, from above, to 1e-7 of it: three times one interval of 256.
fn largest(lane: u32, count: u32) -> f32 {
  if (lane == 0u) {
    bound = 0.0; // Gershgorin: no eigenvalue lies above
    for (var i = 0u; i < count; i++) {
      var radius = 0.0;
      if (i > 0u) { radius += beta[i - 1u]; }
      if (i + 1u < count) { radius += beta[i]; }
      bound = max(bound, 1.000001 * (alpha[i] + radius));
    }
  }
  var above = workgroupUniformLoad(&bound);
  var below = workgroupUniformLoad(&lambda);
  for (var round = 0u; round < 3u && above - below > 1e-7 * above; round++) {
    let step = (above - below) / f32(WORKGROUP);
    if (lane == 0u) { atomicStore(&least, WORKGROUP - 1u); } // the end, which is above
    workgroupBarrier();
    if (isAbove(count, below + f32(lane + 1u) * step)) { atomicMin(&least, lane); }
    workgroupBarrier();
    if (lane == 0u) { taken = atomicLoad(&least); }
    let first = workgroupUniformLoad(&taken);
    if (first + 1u < WORKGROUP) { above = below + f32(first + 1u) * step; }
    below += f32(first) * step;
  }
  if (!isAbove(count, above)) { above *= 1.000001; }
  return above;
}

// Eigenvector of T by inverse iteration. All quantities are positive, nothing cancels.
fn solve(count: u32, above: f32) {
  pivots[0] = above - alpha[0];
  for (var i = 1u; i < count; i++) {
    pivots[i] = above - alpha[i] - beta[i - 1u] * beta[i - 1u] / pivots[i - 1u];
  }
  for (var i = 0u; i < count; i++) { ritz[i] = 1.0; }
  for (var round = 0u; round < 2u; round++) {
    for (var i = 1u; i < count; i++) { ritz[i] += beta[i - 1u] / pivots[i - 1u] * ritz[i - 1u]; }
    var largest = 0.0;
    for (var i = count; i > 0u; i--) {
      if (i < count) { ritz[i - 1u] += beta[i - 1u] * ritz[i]; }
      ritz[i - 1u] /= pivots[i - 1u];
      largest = max(largest, ritz[i - 1u]);
    }
    for (var i = 0u; i < count; i++) { ritz[i] /= largest; }
  }
  lambda = above;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let n = group.x; // the grid is exactly `batch` wide
  let items = params.items;
  let first = n * items * items;
  var diagonal = 0.0;
  for (var i = lane; i < items; i += WORKGROUP) { diagonal += gram[first + i * (items + 1u)]; }
  let trace = reduce(lane, diagonal);
  if (!(trace > SMALLEST)) {
    for (var i = lane; i < items; i += WORKGROUP) { component[n * items + i] = 0.0; }
    return;
  }
  var w: array<f32, OWNED>;
  var previous: array<f32, OWNED>;
  var u: array<f32, OWNED>;
  var steps = STEPS; // rounding may ask for more of them than there are items
  for (var again = 0u; again < 2u; again++) {
    var squares = 0.0;
    for (var i = lane; i < items; i += WORKGROUP) {
      squares += noise(i) * noise(i);
      previous[i / WORKGROUP] = 0.0;
    }
    let start = sqrt(reduce(lane, squares));
    for (var i = lane; i < items; i += WORKGROUP) { q[i] = noise(i) / start; }
    var joint = 0.0; // beta[j - 1]
    for (var j = 0u; j < steps; j++) {
      workgroupBarrier(); // q is whole
      for (var i = lane; i < items; i += WORKGROUP) {
        var sum = 0.0;
        for (var c = 0u; c < items; c++) {
          sum += gram[first + c * items + i] * q[c]; // symmetric: neighbours read neighbouring floats
        }
        w[i / WORKGROUP] = sum / trace - joint * previous[i / WORKGROUP];
      }
      if (again == 0u) {
        var product = 0.0;
        for (var i = lane; i < items; i += WORKGROUP) { product += w[i / WORKGROUP] * q[i]; }
        let a = reduce(lane, product);
        if (lane == 0u) { alpha[j] = a; }
      }
      workgroupBarrier(); // alpha is there
      squares = 0.0;
      for (var i = lane; i < items; i += WORKGROUP) {
        w[i / WORKGROUP] -= alpha[j] * q[i];
        squares += w[i / WORKGROUP] * w[i / WORKGROUP];
      }
      if (again == 0u) {
        let b = sqrt(reduce(lane, squares));
        if (lane == 0u) { beta[j] = b; }
        // The first steps settle a clear winner: going on without a look loses orthogonality, and digits with
        // it.
        if (j < 16u || j % 4u == 3u || j + 1u == STEPS || b < 1e-6) {
          workgroupBarrier(); // beta is there
          let above = largest(lane, j + 1u);
          if (lane == 0u) {
            solve(j + 1u, above);
            found = u32(b * ritz[j] <= TOLERANCE * lambda);
          }
          if (workgroupUniformLoad(&found) == 1u) { steps = j + 1u; }
        }
      }
      workgroupBarrier(); // beta is there, q is no longer read
      joint = beta[j];
      for (var i = lane; i < items; i += WORKGROUP) {
        if (again == 1u) { u[i / WORKGROUP] += ritz[j] * q[i]; }
        previous[i / WORKGROUP] = q[i];
        q[i] = w[i / WORKGROUP] / max(joint, 1e-30);
      }
    }
  }
  var squares = 0.0;
  for (var i = lane; i < items; i += WORKGROUP) { squares += u[i / WORKGROUP] * u[i / WORKGROUP]; }
  let norm = sqrt(reduce(lane, squares));
  let length = select(sqrt(lambda) * sqrt(trace) * params.scale, 1.0, params.unit == 1u) / norm;
  for (var i = lane; i < items; i += WORKGROUP) { component[n * items + i] = length * u[i / WORKGROUP]; }
}

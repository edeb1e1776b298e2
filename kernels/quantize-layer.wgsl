// quantizeLayer: q = ceil((S - lo)·2^bits / ((hi - lo)·divisor)), S = Σ weights · activations, lo..hi its range over the samples
//
// One workgroup per channel. WGSL has no float64, so S is an exact integer of 64 bits, and so is each step of the long division:
// activations become fixed-point numbers scaled by the channel's largest exponent, `valueBits` bits long and made positive by
// 2^valueBits. Values so much smaller than the largest that bits fall off the end (the twin's float64 loses them 53 bits
// below S) are rounded up, as q is. Where the twin rounds differently q may differ by one unit of its ~2^-25 of the range.

const WORKGROUP = 64u;

struct Params {
  batch: u32,
  channels: u32,
  height: u32,
  width: u32,
  outHeight: u32, // of q: height, or sampleHeight where rows are sampled here
  outWidth: u32,
  sampleHeight: u32,
  sampleWidth: u32,
  originY: i32, // sample y lies at (originY + y · stepY) / denominatorY rows, held to the layer
  stepY: u32,
  denominatorY: u32,
  originX: i32,
  stepX: u32,
  denominatorX: u32,
  bits: u32, // 30 + floor(log2 of the denominator of x that is left for later)
  divisor: u32, // denominators that are left for later, multiplied
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> activations: array<f32>; // [batch, channels, height, width], finite
@group(0) @binding(2) var<storage, read_write> q: array<i32>; // [batch, channels, outHeight, outWidth]

var<workgroup> largest: atomic<u32>; // exponent
var<workgroup> least: array<vec2u, WORKGROUP>;
var<workgroup> most: array<vec2u, WORKGROUP>;

// Unsigned 64-bit integers are vec2u, low word first.
fn add(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + select(0u, 1u, low < a.x));
}

fn subtract(a: vec2u, b: vec2u) -> vec2u {
  return vec2u(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x));
}

fn less(a: vec2u, b: vec2u) -> bool {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}

fn multiply(a: vec2u, weight: u32) -> vec2u { // weight below 2^16
  let low = (a.x & 65535u) * weight;
  let middle = (a.x >> 16u) * weight;
  return add(vec2u(low, a.y * weight), vec2u(middle << 16u, middle >> 16u));
}

fn exponent(a: f32) -> u32 {
  return max((bitcast<u32>(a) >> 23u) & 255u, 1u); // subnormals have that of the smallest normal
}

fn shifted(a: u32, shift: u32) -> vec2u {
  if (shift >= 32u) { return vec2u(0u, a << (shift - 32u)); }
  return vec2u(a << shift, select(a >> (32u - shift), 0u, shift == 0u));
}

fn fixedPoint(a: f32, valueBits: u32) -> vec2u {
  let word = bitcast<u32>(a);
  let mantissa = (word & 0x7fffffu) | select(0u, 0x800000u, (word & 0x7f800000u) != 0u);
  let negative = (word >> 31u) == 1u;
  let up = valueBits - 24u;
  let down = atomicLoad(&largest) - exponent(a);
  var magnitude = shifted(mantissa, max(up, down) - down);
  if (down > up) {
    let lost = min(down - up, 24u);
    magnitude.x = mantissa >> lost;
    if (!negative && (magnitude.x << lost) != mantissa) { magnitude.x++; }
  }
  let zero = shifted(1u, valueBits);
  if (negative) { return subtract(zero, magnitude); }
  return add(zero, magnitude);
}

// S at a position in units of 1/denominator, both axes held to the layer.
fn sumAt(layer: u32, positionY: i32, positionX: i32, valueBits: u32) -> vec2u {
  let y = u32(clamp(positionY, 0, i32((params.height - 1u) * params.denominatorY)));
  let x = u32(clamp(positionX, 0, i32((params.width - 1u) * params.denominatorX)));
  let y0 = y / params.denominatorY;
  let x0 = x / params.denominatorX;
  let ty = y % params.denominatorY;
  let tx = x % params.denominatorX;
  let x1 = min(x0 + 1u, params.width - 1u);
  let above = layer + y0 * params.width;
  let below = layer + min(y0 + 1u, params.height - 1u) * params.width;
  let a = add(
    multiply(fixedPoint(activations[above + x0], valueBits), params.denominatorX - tx),
    multiply(fixedPoint(activations[above + x1], valueBits), tx));
  let b = add(
    multiply(fixedPoint(activations[below + x0], valueBits), params.denominatorX - tx),
    multiply(fixedPoint(activations[below + x1], valueBits), tx));
  return add(multiply(a, params.denominatorY - ty), multiply(b, ty));
}

// Position of the first (end even) or last sample of the run of samples behind layer row or column end / 2. S is monotone
// in a run, so its range needs no other samples.
fn endOfRun(end: u32, size: u32, samples: u32, origin: i32, step: u32, denominator: u32) -> i32 {
  let i = (end + 1u) / 2u;
  let distance = i32(i * denominator) - origin + i32(step) - 1;
  var sample = u32(max(distance, 0)) / step; // the first at or behind row or column i, perhaps behind the last
  if (i == 0u) { sample = 0u; }
  if (i == size) { sample = samples; }
  sample = clamp(sample, end & 1u, samples - 1u + (end & 1u)) - (end & 1u);
  return origin + i32(sample * step);
}

// ceil(±magnitude · 2^bits / (extent · divisor)): long division by extent whose digits, as they come, are divided by divisor.
fn quotient(magnitude: vec2u, negative: bool, extent: vec2u) -> i32 {
  var rest = magnitude;
  var whole = 0u;
  while (!less(rest, extent)) { // a layer value lies at most a few extents outside the samples
    rest = subtract(rest, extent);
    whole++;
  }
  var result = whole / params.divisor;
  var digits = whole % params.divisor;
  for (var bit = 0u; bit < params.bits; bit++) {
    rest = add(rest, rest);
    digits *= 2u;
    if (!less(rest, extent)) {
      rest = subtract(rest, extent);
      digits++;
    }
    result *= 2u;
    if (digits >= params.divisor) {
      digits -= params.divisor;
      result++;
    }
  }
  if (negative) { return -i32(result); }
  return i32(result + select(0u, 1u, digits != 0u || any(rest != vec2u(0u))));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let channel = group.y * params.channels + group.x;
  let layer = channel * params.height * params.width;
  // S stays below 2^63: denominators, value and the bias' bit.
  let valueBits = 62u - (32u - countLeadingZeros(params.denominatorY - 1u)) - (32u - countLeadingZeros(params.denominatorX - 1u));

  for (var i = local; i < params.height * params.width; i += WORKGROUP) {
    atomicMax(&largest, exponent(activations[layer + i]));
  }
  workgroupBarrier();

  var lo = vec2u(0xffffffffu);
  var hi = vec2u(0u);
  let ends = 2u * params.width;
  for (var i = local; i < 2u * params.height * ends; i += WORKGROUP) {
    let y = endOfRun(i / ends, params.height, params.sampleHeight, params.originY, params.stepY, params.denominatorY);
    let x = endOfRun(i % ends, params.width, params.sampleWidth, params.originX, params.stepX, params.denominatorX);
    let s = sumAt(layer, y, x, valueBits);
    if (less(s, lo)) { lo = s; }
    if (less(hi, s)) { hi = s; }
  }
  least[local] = lo;
  most[local] = hi;
  workgroupBarrier();
  for (var i = 0u; i < WORKGROUP; i++) {
    if (less(least[i], lo)) { lo = least[i]; }
    if (less(hi, most[i])) { hi = most[i]; }
  }

  let extent = subtract(hi, lo);
  let sampledY = params.outHeight != params.height;
  let sampledX = params.outWidth != params.width;
  for (var i = local; i < params.outHeight * params.outWidth; i += WORKGROUP) {
    var value = 0;
    if (any(extent != vec2u(0u))) {
      let row = i / params.outWidth;
      let column = i % params.outWidth;
      let y = select(i32(row * params.denominatorY), params.originY + i32(row * params.stepY), sampledY);
      let x = select(i32(column * params.denominatorX), params.originX + i32(column * params.stepX), sampledX);
      let s = sumAt(layer, y, x, valueBits);
      let negative = less(s, lo);
      var distance = subtract(s, lo);
      if (negative) { distance = subtract(lo, s); }
      value = quotient(distance, negative, extent);
    }
    q[channel * params.outHeight * params.outWidth + i] = value;
  }
}

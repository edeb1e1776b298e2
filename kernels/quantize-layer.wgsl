// quantizeLayer: q = ceil((S - lo)·2^bits / ((hi - lo)·divisor)), S = Σ weights · activations, lo..hi its
// range over the samples
//
// One workgroup per channel. WGSL has no float64, so S is an exact integer of 64 bits, and so is each step of
// the long division: activations become fixed-point numbers scaled by the channel's largest exponent,
// `valueBits` bits long and made positive by 2^valueBits. Values so much smaller than the largest that bits
// fall off the end (the twin's float64 loses them 53 bits below S) are rounded up, as q is. Where the twin
// rounds differently q may differ by one unit of its ~2^-25 of the range.

const WORKGROUP = 64u;
const KEPT = 512u;

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

struct Scale { // of fixed-point numbers
  bits: u32,
  exponent: u32, // of the channel's largest value
}

struct Range { // of 64-bit integers
  lo: vec2u,
  hi: vec2u,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> activations: array<f32>; // [batch, channels, height, width], finite
@group(0) @binding(2) var<storage, read_write> q: array<i32>; // [batch, channels, outHeight, outWidth]

var<workgroup> largest: atomic<u32>; // exponent
// Words of lo and hi; those of lo inverted, so that 0 is where all begin.
var<workgroup> leastHigh: atomic<u32>;
var<workgroup> leastLow: atomic<u32>;
var<workgroup> mostHigh: atomic<u32>;
var<workgroup> mostLow: atomic<u32>;
var<workgroup> kept: array<vec2u, KEPT>; // the first values in fixed point

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

fn join(a: Range, b: Range) -> Range {
  return Range(select(a.lo, b.lo, less(b.lo, a.lo)), select(a.hi, b.hi, less(a.hi, b.hi)));
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

fn fixedPoint(a: f32, scale: Scale) -> vec2u {
  let word = bitcast<u32>(a);
  let mantissa = (word & 0x7fffffu) | select(0u, 0x800000u, (word & 0x7f800000u) != 0u);
  let negative = (word >> 31u) == 1u;
  let up = scale.bits - 24u;
  let down = scale.exponent - exponent(a);
  var magnitude = shifted(mantissa, max(up, down) - down);
  if (down > up) {
    let lost = min(down - up, 24u);
    magnitude.x = mantissa >> lost;
    if (!negative && (magnitude.x << lost) != mantissa) { magnitude.x++; }
  }
  let zero = shifted(1u, scale.bits);
  if (negative) { return subtract(zero, magnitude); }
  return add(zero, magnitude);
}

fn valueAt(layer: u32, i: u32, scale: Scale) -> vec2u {
  if (i < KEPT) { return kept[i]; }
  return fixedPoint(activations[layer + i], scale);
}

fn blend(a: vec2u, b: vec2u, t: u32, denominator: u32) -> vec2u {
  return add(multiply(a, denominator - t), multiply(b, t));
}

// S at a position in units of 1/denominator, both axes held to the layer.
fn sumAt(layer: u32, positionY: i32, positionX: i32, scale: Scale) -> vec2u {
  let y = u32(clamp(positionY, 0, i32((params.height - 1u) * params.denominatorY)));
  let x = u32(clamp(positionX, 0, i32((params.width - 1u) * params.denominatorX)));
  let y0 = y / params.denominatorY;
  let x0 = x / params.denominatorX;
  let ty = y % params.denominatorY;
  let tx = x % params.denominatorX;
  let x1 = min(x0 + 1u, params.width - 1u);
  let above = y0 * params.width;
  let below = min(y0 + 1u, params.height - 1u) * params.width;
  let a = blend(valueAt(layer, above + x0, scale), valueAt(layer, above + x1, scale), tx, params.denominatorX);
  let b = blend(valueAt(layer, below + x0, scale), valueAt(layer, below + x1, scale), tx, params.denominatorX);
  return blend(a, b, ty, params.denominatorY);
}

fn divide(a: u32, by: u32) -> u32 { // mostly by a power of two
  if ((by & (by - 1u)) == 0u) { return a >> countTrailingZeros(by); }
  return a / by;
}

// The first sample at or behind row or column i, perhaps behind the last.
fn firstOfRun(i: u32, size: u32, samples: u32, origin: i32, step: u32, denominator: u32) -> u32 {
  if (i == 0u) { return 0u; }
  if (i == size) { return samples; }
  let distance = i32(i * denominator) - origin;
  return min(divide(u32(max(distance, 0)) + step - 1u, step), samples);
}

// How far behind row or column i a sample of its run lies: 0 where it is held to the layer's first or last.
fn offset(sample: u32, i: u32, size: u32, origin: i32, step: u32, denominator: u32) -> u32 {
  let position = clamp(origin + i32(sample * step), 0, i32((size - 1u) * denominator));
  return u32(position) - i * denominator;
}

// Least and largest S of the samples behind row and column `cell`. S is monotone along both axes there: four
// samples tell.
fn rangeOfCell(cell: u32, layer: u32, scale: Scale, range: Range) -> Range {
  let row = cell / params.width;
  let column = cell % params.width;
  let y = firstOfRun(row, params.height, params.sampleHeight, params.originY, params.stepY, params.denominatorY);
  let endY = firstOfRun(row + 1u, params.height, params.sampleHeight, params.originY, params.stepY, params.denominatorY);
  let x = firstOfRun(column, params.width, params.sampleWidth, params.originX, params.stepX, params.denominatorX);
  let endX = firstOfRun(column + 1u, params.width, params.sampleWidth, params.originX, params.stepX, params.denominatorX);
  if (y >= endY || x >= endX) { return range; }
  let above = row * params.width;
  let below = min(row + 1u, params.height - 1u) * params.width;
  let next = min(column + 1u, params.width - 1u);
  let a = valueAt(layer, above + column, scale);
  let b = valueAt(layer, above + next, scale);
  let c = valueAt(layer, below + column, scale);
  let d = valueAt(layer, below + next, scale);
  let y0 = offset(y, row, params.height, params.originY, params.stepY, params.denominatorY);
  let y1 = offset(endY - 1u, row, params.height, params.originY, params.stepY, params.denominatorY);
  let x0 = offset(x, column, params.width, params.originX, params.stepX, params.denominatorX);
  let x1 = offset(endX - 1u, column, params.width, params.originX, params.stepX, params.denominatorX);
  var joined = range;
  for (var end = 0u; end < 2u; end++) {
    let t = select(x0, x1, end == 1u);
    let top = blend(a, b, t, params.denominatorX);
    let bottom = blend(c, d, t, params.denominatorX);
    let first = blend(top, bottom, y0, params.denominatorY);
    let last = blend(top, bottom, y1, params.denominatorY);
    joined = join(join(joined, Range(first, first)), Range(last, last));
  }
  return joined;
}

fn approximate(a: vec2u) -> f32 {
  return f32(a.y) * 4294967296.0 + f32(a.x);
}

// ceil(±magnitude · 2^bits / (extent · divisor)): long division by extent, up to 16 bits at a time, whose
// digits, as they come, are divided by divisor.
fn quotient(magnitude: vec2u, negative: bool, extent: vec2u) -> i32 {
  var rest = magnitude;
  var whole = 0u;
  while (!less(rest, extent)) { // a layer value lies at most a few extents outside the samples
    rest = subtract(rest, extent);
    whole++;
  }
  var result = divide(whole, params.divisor);
  var carry = whole - result * params.divisor;
  let most = clamp(countLeadingZeros(params.divisor), 1u, 16u); // carry · 2^most stays below 2^32
  let scale = 0.999998 / approximate(extent); // so the digit is never too large, and at most one too small
  var left = params.bits;
  while (left > 0u) {
    let bits = min(most, left);
    left -= bits;
    var digit = u32(approximate(rest) * scale * f32(1u << bits));
    let product = multiply(extent, digit);
    rest = subtract(vec2u(rest.x << bits, (rest.y << bits) | (rest.x >> (32u - bits))), product);
    if (!less(rest, extent)) {
      rest = subtract(rest, extent);
      digit++;
    }
    let digits = (carry << bits) + digit;
    let ready = divide(digits, params.divisor);
    result = (result << bits) + ready;
    carry = digits - ready * params.divisor;
  }
  if (negative) { return -i32(result); }
  return i32(result + select(0u, 1u, carry != 0u || any(rest != vec2u(0u))));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let channel = group.y * params.channels + group.x;
  let layer = channel * params.height * params.width;
  // S stays below 2^63: denominators, value and the bias' bit.
  let valueBits = 62u - (32u - countLeadingZeros(params.denominatorY - 1u)) - (32u - countLeadingZeros(params.denominatorX - 1u));

  var top = 1u;
  for (var i = local; i < params.height * params.width; i += WORKGROUP) {
    top = max(top, exponent(activations[layer + i]));
  }
  atomicMax(&largest, top);
  workgroupBarrier();
  let scale = Scale(valueBits, atomicLoad(&largest));
  for (var i = local; i < min(KEPT, params.height * params.width); i += WORKGROUP) {
    kept[i] = fixedPoint(activations[layer + i], scale);
  }
  workgroupBarrier();

  var range = Range(vec2u(0xffffffffu), vec2u(0u));
  for (var cell = local; cell < params.height * params.width; cell += WORKGROUP) {
    range = rangeOfCell(cell, layer, scale, range);
  }
  // High words first, then the low ones of those that have them.
  atomicMax(&leastHigh, ~range.lo.y);
  atomicMax(&mostHigh, range.hi.y);
  workgroupBarrier();
  let high = vec2u(~atomicLoad(&leastHigh), atomicLoad(&mostHigh));
  if (range.lo.y == high.x) { atomicMax(&leastLow, ~range.lo.x); }
  if (range.hi.y == high.y) { atomicMax(&mostLow, range.hi.x); }
  workgroupBarrier();
  let lo = vec2u(~atomicLoad(&leastLow), high.x);
  let hi = vec2u(atomicLoad(&mostLow), high.y);

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
      var s: vec2u;
      if (sampledY || sampledX) {
        s = sumAt(layer, y, x, scale);
      } else {
        s = multiply(multiply(valueAt(layer, i, scale), params.denominatorY), params.denominatorX);
      }
      let negative = less(s, lo);
      var distance = subtract(s, lo);
      if (negative) { distance = subtract(lo, s); }
      value = quotient(distance, negative, extent);
    }
    q[channel * params.outHeight * params.outWidth + i] = value;
  }
}

/**
 * IEEE 754 half precision, as bits: ONNX Runtime passes float16 tensors as `Uint16Array`. Both directions are
 * exact where the value exists in both types, including NaN payloads and signed zeros.
 */

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);

/** Converts halves (as bits) to the same values in float32. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  const out = new Float32Array(halves.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const sign = (half & 0x8000) << 16;
    const exponent = half & 0x7c00;
    const mantissa = half & 0x3ff;
    if (exponent === 0) {
      // Zero and subnormals: an integer multiple of 2^-24; float32 holds it as a normal number.
      floats[0] = mantissa * 2 ** -24;
      bits[i] = sign | words[0];
    } else if (exponent === 0x7c00) bits[i] = sign | 0x7f800000 | (mantissa << 13);
    else bits[i] = sign | ((exponent + 0x1c000) << 13) | (mantissa << 13); // bias 15 -> 127
  }
  return out;
}

/**
 * Converts float32 to the nearest half (as bits), ties to even. 65520 and more become infinity, NaN stays
 * NaN.
 */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) out[i] = half(bits[i]);
  return out;
}

function half(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  // If a NaN's payload lies in the 13 bits that are lost, the quiet bit keeps it from becoming infinity.
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 2^16
  // A carry out of the mantissa raises the exponent by one, at the top to infinity. That is correct.
  if (magnitude >= 0x38800000) return sign | (roundShift(magnitude - 0x38000000, 13) & 0x7fff); // 2^-14
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign; // below 2^-25, half of the smallest subnormal
  return sign | roundShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

/** `value / 2^shift`, to the nearest integer, ties to even. */
function roundShift(value: number, shift: number): number {
  const quotient = value >>> shift;
  const rest = value - quotient * 2 ** shift;
  const tie = 2 ** (shift - 1);
  return rest > tie || (rest === tie && (quotient & 1) === 1) ? quotient + 1 : quotient;
}

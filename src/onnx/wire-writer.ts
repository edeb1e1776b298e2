import { BYTES, FIXED32, VARINT } from './wire.js';

const encoder = new TextEncoder();

/** Below this many bytes a view is cheaper to copy than to keep as a chunk of its own. */
const INLINE = 256;

/**
 * Builds one protobuf message out of small fields and views of large ones; views are copied only by
 * `finish()`.
 */
export class WireWriter {
  private readonly parts: Uint8Array[] = [];
  private pending: number[] = [];
  private flushed = 0;

  get length(): number {
    return this.flushed + this.pending.length;
  }

  /** A signed integer, as 64-bit two's complement; saturates at the ends of int64. */
  int(field: number, value: number): void {
    this.tag(field, VARINT);
    this.varint(value);
  }

  ints(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const packed = new WireWriter();
    for (const value of values) packed.varint(value);
    this.message(field, packed);
  }

  float(field: number, value: number): void {
    this.tag(field, FIXED32);
    this.append(new Uint8Array(new Float32Array([value]).buffer));
  }

  floats(field: number, values: readonly number[]): void {
    if (values.length > 0) this.bytes(field, new Uint8Array(new Float32Array(values).buffer));
  }

  string(field: number, value: string): void {
    this.bytes(field, encoder.encode(value));
  }

  /** A string field that is left out when empty. */
  optionalString(field: number, value: string): void {
    if (value !== '') this.string(field, value);
  }

  bytes(field: number, value: Uint8Array): void {
    this.tag(field, BYTES);
    this.varint(value.length);
    this.append(value);
  }

  message(field: number, content: WireWriter): void {
    this.tag(field, BYTES);
    this.varint(content.length);
    for (const part of content.chunks()) this.append(part);
  }

  /** Appends bytes that are already fields of this message. */
  append(fields: Uint8Array): void {
    if (fields.length < INLINE) {
      for (const byte of fields) this.pending.push(byte);
      return;
    }
    this.flush();
    this.parts.push(fields);
    this.flushed += fields.length;
  }

  /** The message in pieces, in order; long ones are the caller's own views. */
  chunks(): readonly Uint8Array[] {
    this.flush();
    return this.parts;
  }

  /** The message in one piece: the one copy. */
  finish(): Uint8Array {
    return concatBytes(this.chunks());
  }

  private flush(): void {
    if (this.pending.length === 0) return;
    this.parts.push(Uint8Array.from(this.pending));
    this.flushed += this.pending.length;
    this.pending = [];
  }

  private tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  private varint(value: number): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      let rest = value;
      while (rest >= 128) {
        this.pending.push((rest % 128) + 128);
        rest = Math.floor(rest / 128);
      }
      this.pending.push(rest);
      return;
    }
    const limit = 2n ** 63n;
    const exact = BigInt(value);
    let rest = BigInt.asUintN(64, exact >= limit ? limit - 1n : exact < -limit ? -limit : exact);
    for (; rest >= 128n; rest >>= 7n) this.pending.push(Number(rest & 127n) + 128);
    this.pending.push(Number(rest));
  }
}

export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** The protobuf wire format: tags, varints, length-delimited views. Reads lazily, copies nothing. */

import { CamError } from '../errors.js';

/** Wire types of protobuf that ONNX files use. */
export const VARINT = 0;
const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

const decoder = new TextDecoder();

/**
 * A cursor over one message. `next()` reads a tag into `field` and `wire`; then exactly one of the readers,
 * or `skip()`, takes the value. Every access is checked against the message's end.
 */
export class WireReader {
  field = 0;
  wire = 0;
  private fieldStart = 0;
  private low = 0;
  private high = 0;

  constructor(
    /** The model's name in messages. */
    readonly where: string,
    private readonly source: Uint8Array,
    private position = 0,
    private readonly end = source.length,
    /** False where `source` is a piece of a file whose length has been checked before. */
    private readonly isFile = true,
  ) {}

  get done(): boolean {
    return this.position >= this.end;
  }

  /** Reads the next tag; false at the end of the message. */
  next(): boolean {
    if (this.position >= this.end) return false;
    this.fieldStart = this.position;
    this.varint();
    if (this.high !== 0) throw this.damaged();
    this.field = this.low >>> 3;
    this.wire = this.low & 7;
    if (this.field === 0) throw this.damaged();
    return true;
  }

  /** A signed 64-bit integer as a number; low bits are lost beyond ±2^53. */
  int(): number {
    this.expect(VARINT);
    return this.rawInt();
  }

  float(): number {
    this.expect(FIXED32);
    const at = this.take(4);
    return new DataView(this.source.buffer, this.source.byteOffset + at, 4).getFloat32(0, true);
  }

  /** A view of a length-delimited field. */
  bytes(): Uint8Array {
    const [from, to] = this.delimited();
    return this.source.subarray(from, to);
  }

  string(): string {
    const [from, to] = this.delimited();
    return decodeText(this.source, from, to);
  }

  /** A view of what is left of this message. */
  view(): Uint8Array {
    return this.source.subarray(this.position, this.end);
  }

  /** A cursor over a nested message. */
  message(): WireReader {
    const [from, to] = this.delimited();
    return new WireReader(this.where, this.source, from, to, this.isFile);
  }

  /** Appends the integers of a repeated field, packed or not. */
  ints(into: number[]): void {
    if (this.wire === VARINT) into.push(this.rawInt());
    else for (const r = this.message(); !r.done; ) into.push(r.rawInt());
  }

  /** Appends the 64-bit integers of a repeated field, packed or not, exactly. */
  bigints(into: bigint[]): void {
    if (this.wire === VARINT) into.push(this.rawBigint());
    else for (const r = this.message(); !r.done; ) into.push(r.rawBigint());
  }

  /**
   * The bytes of a repeated field of fixed-size numbers: a packed one's payload, or one number's `size`
   * bytes.
   */
  fixed(size: 4 | 8): Uint8Array {
    if (this.wire === BYTES) return this.bytes();
    this.expect(size === 4 ? FIXED32 : FIXED64);
    const at = this.take(size);
    return this.source.subarray(at, at + size);
  }

  skip(): void {
    if (this.wire === VARINT) this.varint();
    else if (this.wire === BYTES) this.delimited();
    else if (this.wire === FIXED32) this.take(4);
    else if (this.wire === FIXED64) this.take(8);
    else throw this.damaged();
  }

  /** Skips the value; a view of the field, tag included. */
  wholeField(): Uint8Array {
    this.skip();
    return this.source.subarray(this.fieldStart, this.position);
  }

  /** The error for bytes that make no sense here. */
  damaged(): CamError {
    return new CamError(
      'model',
      `${this.where}: expected an ONNX model (a protobuf message), got bytes that make no sense at ${this.position} of ${this.source.length}. The file is damaged: fetch or export it again.`,
    );
  }

  private rawInt(): number {
    this.varint();
    return this.high * 2 ** 32 + (this.low >>> 0);
  }

  private rawBigint(): bigint {
    this.varint();
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0);
  }

  /** Reads 64 bits into `low` and `high`. */
  private varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.position >= this.end) throw this.truncated(this.position + 1);
      const byte = this.source[this.position++]!;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) {
        this.low = low;
        this.high = high;
        return;
      }
    }
    throw this.damaged();
  }

  private delimited(): [number, number] {
    this.expect(BYTES);
    this.varint();
    const length = (this.high >>> 0) * 2 ** 32 + (this.low >>> 0);
    const from = this.take(length);
    return [from, from + length];
  }

  private take(length: number): number {
    const from = this.position;
    if (length > this.end - from) throw this.truncated(from + length);
    this.position = from + length;
    return from;
  }

  private expect(wire: number): void {
    if (this.wire !== wire) throw this.damaged();
  }

  private truncated(needed: number): CamError {
    if (!this.isFile || needed <= this.source.length) return this.damaged();
    return new CamError(
      'model',
      `${this.where}: expected a whole ONNX model, got one that stops in the middle (it needs at least ${needed} bytes, the file has ${this.source.length}). Fetch or export it again.`,
    );
  }
}

/** Characters. For shorter texts, most names, the call of a `TextDecoder` costs more than a loop. */
const SHORT = 24;

/** UTF-8 text. */
function decodeText(source: Uint8Array, from: number, to: number): string {
  if (to - from > SHORT) return decodeLong(source.subarray(from, to));
  let text = '';
  for (let at = from; at < to; at++) {
    const byte = source[at]!;
    if (byte >= 128) return decodeLong(source.subarray(from, to));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** `TextDecoder` refuses shared memory, hence the copy there. */
function decodeLong(bytes: Uint8Array): string {
  return decoder.decode(bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes));
}

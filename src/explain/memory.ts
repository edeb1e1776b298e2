/** Most bytes that are kept unused: pictures of many sizes would each leave some. */
const KEPT = 64 << 20;

/**
 * Reuses buffers between batches; allocating per batch triggers frequent major collections.
 */
export class Memory {
  /** Smallest first. */
  private readonly unused: ArrayBuffer[] = [];

  /** A buffer of `length` floats; contents are undefined. */
  take(length: number): Float32Array<ArrayBuffer> {
    const bytes = 4 * length;
    const fit = this.unused.findIndex(({ byteLength }) => byteLength >= bytes);
    const buffer = fit < 0 ? new ArrayBuffer(bytes) : this.unused.splice(fit, 1)[0];
    return new Float32Array(buffer, 0, length);
  }

  /** Takes a buffer back; its former owner must not use it again. */
  give({ buffer }: Float32Array<ArrayBuffer>): void {
    this.unused.push(buffer);
    this.unused.sort((a, b) => a.byteLength - b.byteLength);
    // The smallest serve least.
    while (this.unused.reduce((sum, { byteLength }) => sum + byteLength, 0) > KEPT) this.unused.shift();
  }

  clear(): void {
    this.unused.length = 0;
  }
}

/** Pictures of one batch that lie one behind the other, so that the model is fed them as they are. */
const TOGETHER = 8;

/** Room for the inputs of one batch. */
export class InputRoom {
  private readonly rooms: Float32Array<ArrayBuffer>[] = [];
  private used = 0;

  /** @param batch  Most images. */
  constructor(
    private readonly memory: Memory,
    private readonly batch: number,
  ) {}

  /** Room for one image of so many values, behind the one before. */
  next(length: number): Float32Array {
    let room = this.rooms.at(-1);
    if (!room || this.used + length > room.length) {
      room = this.memory.take(Math.min(this.batch, TOGETHER) * length);
      this.rooms.push(room);
      this.used = 0;
    }
    this.used += length;
    return room.subarray(this.used - length, this.used);
  }

  /** Takes the last image's room back. */
  back(length: number): void {
    this.used -= length;
  }

  release(): void {
    for (const room of this.rooms) this.memory.give(room);
  }
}

/** The parts one behind the other; not copied where they lie so. */
export function concat(parts: readonly Float32Array[]): Float32Array {
  const [{ buffer, byteOffset }] = parts;
  let end = byteOffset;
  const inPlace = parts.every((part) => {
    const follows = part.buffer === buffer && part.byteOffset === end;
    end += part.byteLength;
    return follows;
  });
  if (inPlace) return new Float32Array(buffer, byteOffset, (end - byteOffset) / 4);
  const all = new Float32Array(parts.length * parts[0].length);
  parts.forEach((part, n) => {
    all.set(part, n * part.length);
  });
  return all;
}

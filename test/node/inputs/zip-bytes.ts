import { deflateRawSync } from 'node:zlib';
import { crc32ByTable } from '../../../src/node/files/crc32.js';

/** An entry of a zip archive, with what is to be odd about it. */
export interface ZipCase {
  /** Bytes where it is to be another encoding than UTF-8. */
  readonly name: string | Uint8Array;
  readonly data: Uint8Array;
  /** Compression method: 0 stored (what is taken), 8 deflated; others are stated, the bytes are stored. */
  readonly method?: number;
  /** General-purpose flags: 1 encrypted, 8 sizes after the data, 0x800 (what is taken) the name is UTF-8. */
  readonly flags?: number;
  /** Unix mode, as Info-ZIP writes it. */
  readonly mode?: number;
  /** Stated in place of the right ones. */
  readonly crc?: number;
  readonly size?: number;
  /** Sizes and offset stand in the zip64 field. */
  readonly zip64?: true;
  /** Bytes of extra field that the local header alone has. */
  readonly localExtra?: number;
}

const DESCRIPTOR = 8;
const FULL = 0xffffffff;

function fields(size: number, values: readonly [offset: number, bytes: 2 | 4, value: number][]): Buffer {
  const buffer = Buffer.alloc(size);
  for (const [offset, bytes, value] of values) buffer.writeUIntLE(value, offset, bytes);
  return buffer;
}

const zip64Field = (values: readonly number[]): Buffer => {
  const buffer = Buffer.alloc(4 + 8 * values.length);
  buffer.writeUInt16LE(1, 0);
  buffer.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) buffer.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return buffer;
};

/** Local header and data, and the directory's record of them (APPNOTE 4.3.7, 4.3.12). */
function entryBytes(entry: ZipCase, offset: number): { readonly local: Buffer; readonly central: Buffer } {
  const { data, method = 0, flags = 0x800, mode, zip64, localExtra = 0 } = entry;
  const name = Buffer.from(entry.name);
  const stored = method === 8 ? deflateRawSync(data) : data;
  const crc = entry.crc ?? crc32ByTable(data);
  const size = entry.size ?? data.length;
  const later = (flags & DESCRIPTOR) !== 0;
  const sizes = zip64 ? [FULL, FULL] : [stored.length, size];
  const extra = zip64 ? zip64Field([size, stored.length, offset]) : Buffer.alloc(0);
  const header = fields(30, [
    [0, 4, 0x04034b50],
    [4, 2, 20],
    [6, 2, flags],
    [8, 2, method],
    [14, 4, later ? 0 : crc],
    [18, 4, later ? 0 : sizes[0]],
    [22, 4, later ? 0 : sizes[1]],
    [26, 2, name.length],
    [28, 2, localExtra],
  ]);
  const descriptor = fields(
    later ? 16 : 0,
    later
      ? [
          [0, 4, 0x08074b50],
          [4, 4, crc],
          [8, 4, stored.length],
          [12, 4, size],
        ]
      : [],
  );
  const record = fields(46, [
    [0, 4, 0x02014b50],
    [4, 2, mode === undefined ? 20 : (3 << 8) | 20],
    [6, 2, 20],
    [8, 2, flags],
    [10, 2, method],
    [16, 4, crc],
    [20, 4, sizes[0]],
    [24, 4, sizes[1]],
    [28, 2, name.length],
    [30, 2, extra.length],
    [38, 4, (mode ?? 0) * 65536],
    [42, 4, zip64 ? FULL : offset],
  ]);
  return {
    local: Buffer.concat([header, name, Buffer.alloc(localExtra), stored, descriptor]),
    central: Buffer.concat([record, name, extra]),
  };
}

/** A zip archive; with a zip64 end where there are more entries than 16 bits count. */
export function zipOf(entries: readonly ZipCase[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = entryBytes(entry, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const many = entries.length >= 0xffff;
  const end64 = Buffer.alloc(many ? 76 : 0);
  if (many) {
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(44n, 4);
    end64.writeBigUInt64LE(BigInt(entries.length), 24);
    end64.writeBigUInt64LE(BigInt(entries.length), 32);
    end64.writeBigUInt64LE(BigInt(directory.length), 40);
    end64.writeBigUInt64LE(BigInt(offset), 48);
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeBigUInt64LE(BigInt(offset + directory.length), 64);
    end64.writeUInt32LE(1, 72);
  }
  const count = Math.min(entries.length, 0xffff);
  const end = fields(22, [
    [0, 4, 0x06054b50],
    [8, 2, count],
    [10, 2, count],
    [12, 4, directory.length],
    [16, 4, many ? FULL : offset],
  ]);
  return Buffer.concat([...locals, directory, end64, end]);
}

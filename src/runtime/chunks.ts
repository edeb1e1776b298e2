import { CamError } from '../errors.js';
import { zeros } from './convert.js';
import type { InputInfo, InputType, NumericArray } from './types.js';

/** A tensor in the host's memory, row-major; float16 as bits. */
export interface HostTensor {
  readonly dtype: InputType;
  readonly shape: readonly number[];
  readonly data: NumericArray;
}

/** Rows of a float32 tensor on a GPU device. */
export interface DeviceRows {
  readonly dtype: 'float32';
  readonly shape: readonly number[];
  readonly buffer: GPUBuffer;
  /** The rows of the buffer to use. If `shape` has more rows, the last one is repeated. Missing: all rows. */
  readonly part?: { readonly from: number; readonly rows: number };
}

export type Feeds = ReadonlyMap<string, HostTensor | DeviceRows>;

/** One forward pass: its feeds, and how many rows of its outputs are results (the rest is padding). */
export interface Chunk {
  readonly feeds: Feeds;
  readonly rows: number;
}

/** The passes that a model with a fixed batch size needs. */
export interface Chunks {
  readonly batch: number;
  readonly chunks: readonly Chunk[];
}

/**
 * Splits feeds along their first axis where the model fixes that axis to another size. Inputs that match
 * their declaration go whole into every pass. `undefined` where one pass is enough.
 *
 * @throws {CamError} `shape` when several inputs must be split and their numbers of rows disagree.
 */
export function planChunks(inputs: readonly InputInfo[], feeds: Feeds): Chunks | undefined {
  const fixed = inputs.filter(
    ({ name, shape }) => isFixed(shape[0]) && feeds.get(name)?.shape[0] !== shape[0],
  );
  const [first] = fixed;
  const batch = first?.shape[0];
  if (!first || !isFixed(batch)) return undefined;

  const total = rowsOf(feeds, first.name);
  for (const { name, shape } of fixed) {
    const rows = rowsOf(feeds, name);
    if (shape[0] !== batch || rows !== total)
      throw new CamError(
        'shape',
        `input "${name}": expected ${shape[0]} rows at a time, as many times as "${first.name}" (${total} rows, ${batch} at a time), got ${rows}.`,
      );
  }
  const whole = new Set(
    inputs.filter(({ name, shape }) => shape[0] === feeds.get(name)?.shape[0]).map((i) => i.name),
  );
  const chunks: Chunk[] = [];
  for (let from = 0; from < total; from += batch) {
    const rows = Math.min(batch, total - from);
    const part = Array.from(feeds, ([name, feed]): [string, HostTensor | DeviceRows] => [
      name,
      whole.has(name) || feed.shape[0] !== total ? feed : takeRows(feed, from, rows, batch),
    ]);
    chunks.push({ feeds: new Map(part), rows });
  }
  return { batch, chunks };
}

const isFixed = (dimension: number | string | undefined): dimension is number =>
  typeof dimension === 'number' && dimension > 0;

const rowsOf = (feeds: Feeds, name: string): number => feeds.get(name)?.shape[0] ?? 0;

/**
 * `rows` rows, without copying on the host where they fill the batch. A shorter batch is filled up to `batch`
 * by repeating the last row: that can cause no NaN that the row does not cause anyway.
 */
function takeRows(
  feed: HostTensor | DeviceRows,
  from: number,
  rows: number,
  batch: number,
): HostTensor | DeviceRows {
  const { dtype, shape } = feed;
  if ('buffer' in feed) return { ...feed, shape: [batch, ...shape.slice(1)], part: { from, rows } };
  const { data } = feed;
  const row = data.length / shape[0];
  const part = data.subarray(from * row, (from + rows) * row);
  const chunk = { dtype, shape: [batch, ...shape.slice(1)] };
  if (rows === batch) return { ...chunk, data: part };
  const full = zeros(dtype, batch * row);
  const last = part.subarray((rows - 1) * row);
  copyInto(full, part, 0);
  for (let i = rows; i < batch; i++) copyInto(full, last, i * row);
  return { ...chunk, data: full };
}

/** The result rows of each pass, joined along the first axis. */
export function joinRows<T extends HostTensor>(
  name: string,
  parts: readonly T[],
  { batch, chunks }: Chunks,
): T {
  const [first] = parts as [T];
  const total = chunks.reduce((sum, { rows }) => sum + rows, 0);
  const shape = joinedShape(name, first.shape, batch, total);
  const row = first.data.length / batch;
  const data = zeros(first.dtype, total * row);
  parts.forEach((part, i) => {
    copyInto(data, part.data.subarray(0, chunks[i].rows * row), i * batch * row);
  });
  return { ...first, shape, data };
}

/**
 * The shape of an output over all passes. With one row per pass, an output without a batch axis gets one.
 * @throws {CamError} `model` where an output does not have one row per row of the batch, so passes cannot be
 *   joined.
 */
export function joinedShape(name: string, shape: readonly number[], batch: number, total: number): number[] {
  if (shape[0] === batch) return [total, ...shape.slice(1)];
  if (batch === 1) return [total, ...shape];
  throw new CamError(
    'model',
    `output "${name}": expected ${batch} rows (the model takes ${batch} at a time), got the shape [${shape.join(', ')}]. Feed exactly ${batch}.`,
  );
}

function copyInto(target: NumericArray, source: NumericArray, index: number): void {
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  bytes.set(
    new Uint8Array(source.buffer, source.byteOffset, source.byteLength),
    index * target.BYTES_PER_ELEMENT,
  );
}

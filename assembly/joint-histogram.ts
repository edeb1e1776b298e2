// The joint histogram of mutual-information.ts: [bins grey][bins map] counters of type C.

import { bandIndices } from './scanline';

// A constant address, so that it becomes part of the load instruction. 256 × 256 counters of 32 bits. They
// are 0 at the start, and `informationSum` leaves them 0.
const HISTOGRAM: usize = memory.data(262144, 16);
const MAP_COUNTS: usize = memory.data(1024, 16);

function count<B, C>(offset: u32): void {
  const counter = sizeof<B>() === 8 ? (<usize>offset) << alignof<C>() : <usize>offset;
  store<C>(counter, <C>(load<C>(counter, HISTOGRAM) + 1), HISTOGRAM);
}

/**
 * Counts a band's samples. Neighbours often share a counter, and then a load would wait for the store before
 * it. So four samples that are a quarter of the band apart are counted in turn; a step is four such rounds.
 */
export function tally<B, C>(end: usize): void {
  let a = bandIndices();
  const quarter = ((end - a) >> 5) << 3;
  let b = a + quarter;
  let c = b + quarter;
  let d = c + quarter;
  const last = b;
  while (a < last) {
    count<B, C>(load<u16>(a));
    count<B, C>(load<u16>(b));
    count<B, C>(load<u16>(c));
    count<B, C>(load<u16>(d));
    count<B, C>(load<u16>(a, 2));
    count<B, C>(load<u16>(b, 2));
    count<B, C>(load<u16>(c, 2));
    count<B, C>(load<u16>(d, 2));
    count<B, C>(load<u16>(a, 4));
    count<B, C>(load<u16>(b, 4));
    count<B, C>(load<u16>(c, 4));
    count<B, C>(load<u16>(d, 4));
    count<B, C>(load<u16>(a, 6));
    count<B, C>(load<u16>(b, 6));
    count<B, C>(load<u16>(c, 6));
    count<B, C>(load<u16>(d, 6));
    a += 8;
    b += 8;
    c += 8;
    d += 8;
  }
  for (; d < end; d += 2) count<B, C>(load<u16>(d));
}

function lookUp(table: usize, n: u32): u32 {
  return load<u32>(table + ((<usize>n) << 2));
}

/** Σ of the table over a vector of counts. */
function lookUpAll<C>(counts: v128, table: usize): u32 {
  if (sizeof<C>() === 4) {
    return (
      lookUp(table, i32x4.extract_lane(counts, 0)) +
      lookUp(table, i32x4.extract_lane(counts, 1)) +
      lookUp(table, i32x4.extract_lane(counts, 2)) +
      lookUp(table, i32x4.extract_lane(counts, 3))
    );
  }
  return (
    lookUp(table, i16x8.extract_lane_u(counts, 0)) +
    lookUp(table, i16x8.extract_lane_u(counts, 1)) +
    lookUp(table, i16x8.extract_lane_u(counts, 2)) +
    lookUp(table, i16x8.extract_lane_u(counts, 3)) +
    lookUp(table, i16x8.extract_lane_u(counts, 4)) +
    lookUp(table, i16x8.extract_lane_u(counts, 5)) +
    lookUp(table, i16x8.extract_lane_u(counts, 6)) +
    lookUp(table, i16x8.extract_lane_u(counts, 7))
  );
}

function addLanes<C>(counts: v128): u32 {
  const quads = sizeof<C>() === 2 ? i32x4.extadd_pairwise_i16x8_u(counts) : counts;
  const pairs = i32x4.add(quads, v128.shuffle<i32>(quads, quads, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

/** Byte `byte` of the table's first sixteen entries. A table may be shorter: it has `samples + 1` entries. */
function bytePlane(table: usize, entries: u32, byte: usize): v128 {
  const plane = memory.data(16, 16);
  for (let n: usize = 0; n < 16; n++) {
    store<u8>(plane + n, n < entries ? load<u8>(table + (n << 2) + byte) : 0);
  }
  return v128.load(plane);
}

/**
 * Adds the bytes of `plane` at sixteen counts, in pairs, to 16-bit lanes. These hold the sums of 128 calls.
 */
function addBytes(sums: v128, plane: v128, counts: v128): v128 {
  return i16x8.add(sums, i16x8.extadd_pairwise_i8x16_u(i8x16.swizzle(plane, counts)));
}

/**
 * J - M: the sum of the table over the joint counts, less that over the map's counts, modulo 2^32. Leaves the
 * histogram at 0. table[0] must be 0. Most counts are small, above all with 256 bins, so sixteen counts below
 * 16 are looked up at once, byte by byte of the entries.
 */
export function informationSum<B, C>(grayCounts: usize, table: usize, samples: u32): u32 {
  const rowBytes = (sizeof<B>() << 5) * sizeof<C>();
  memory.fill(MAP_COUNTS, 0, rowBytes);
  const zero = i32x4.splat(0);
  const plane0 = bytePlane(table, samples + 1, 0);
  const plane1 = bytePlane(table, samples + 1, 1);
  const plane2 = bytePlane(table, samples + 1, 2);
  const plane3 = bytePlane(table, samples + 1, 3);
  let sum0 = zero;
  let sum1 = zero;
  let sum2 = zero;
  let sum3 = zero;
  let sum: u32 = 0;
  let row = HISTOGRAM;
  for (let g: usize = 0; g < sizeof<B>() << 7; g += 4, row += rowBytes) {
    const total = load<u32>(grayCounts + g);
    if (total === 0) continue;
    const first = <u32>load<C>(row);
    let counted = zero;
    let row0 = zero;
    let row1 = zero;
    let row2 = zero;
    let row3 = zero;
    for (let b: usize = 0; b < rowBytes; b += 32) {
      const c = v128.load(row + b);
      const d = v128.load(row + b, 16);
      v128.store(row + b, zero);
      v128.store(row + b, zero, 16);
      v128.store(MAP_COUNTS + b, v128.add<C>(v128.load(MAP_COUNTS + b), c));
      v128.store(MAP_COUNTS + b, v128.add<C>(v128.load(MAP_COUNTS + b, 16), d), 16);
      counted = v128.add<C>(counted, v128.add<C>(c, d));
      if (v128.any_true(v128.and(v128.or(c, d), v128.splat<C>(<C>~15)))) {
        sum += lookUpAll<C>(c, table) + lookUpAll<C>(d, table);
      } else {
        const counts =
          sizeof<C>() === 2
            ? i8x16.narrow_i16x8_u(c, d)
            : i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(c, d), zero);
        row0 = addBytes(row0, plane0, counts);
        row1 = addBytes(row1, plane1, counts);
        row2 = addBytes(row2, plane2, counts);
        row3 = addBytes(row3, plane3, counts);
      }
    }
    sum0 = i32x4.add(sum0, i32x4.extadd_pairwise_i16x8_u(row0));
    sum1 = i32x4.add(sum1, i32x4.extadd_pairwise_i16x8_u(row1));
    sum2 = i32x4.add(sum2, i32x4.extadd_pairwise_i16x8_u(row2));
    sum3 = i32x4.add(sum3, i32x4.extadd_pairwise_i16x8_u(row3));
    const missing = total - addLanes<C>(counted); // samples of cells that were left out
    if (missing > 0) {
      sum += lookUp(table, first + missing) - lookUp(table, first);
      store<C>(MAP_COUNTS, <C>(load<C>(MAP_COUNTS) + missing));
    }
  }
  sum += addLanes<u32>(sum0);
  sum += addLanes<u32>(sum1) << 8;
  sum += addLanes<u32>(sum2) << 16;
  sum += addLanes<u32>(sum3) << 24;
  for (let b: usize = 0; b < rowBytes; b += 16) sum -= lookUpAll<C>(v128.load(MAP_COUNTS + b), table);
  return sum;
}

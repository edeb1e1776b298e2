/** Each image's map, turned where its inner product with `toward`, in float64, is negative. */
export function alignSign(map: ArrayLike<number>, toward: ArrayLike<number>, images: number): Float64Array {
  const positions = map.length / images;
  const aligned = new Float64Array(map.length);
  for (let first = 0; first < map.length; first += positions) {
    let product = 0;
    for (let p = first; p < first + positions; p++) product += map[p] * toward[p];
    for (let p = first; p < first + positions; p++) aligned[p] = product < 0 ? -map[p] : map[p];
  }
  return aligned;
}

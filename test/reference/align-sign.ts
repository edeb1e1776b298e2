/** Each image's map, turned where its inner product with `toward`, in float64, is negative. */
export function alignSign(map: ArrayLike<number>, toward: ArrayLike<number>, images: number): Float64Array {
  const positions = map.length / images;
  const aligned = Float64Array.from(map);
  for (let n = 0; n < images; n++) {
    let sum = 0;
    for (let p = n * positions; p < (n + 1) * positions; p++) sum += map[p] * toward[p];
    if (sum < 0) for (let p = n * positions; p < (n + 1) * positions; p++) aligned[p] = -map[p];
  }
  return aligned;
}

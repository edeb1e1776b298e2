/** Each of `planes` channels less its mean, in float64. */
export function centre(x: ArrayLike<number>, planes: number): Float64Array {
  const positions = x.length / planes;
  const centred = Float64Array.from(x);
  for (let plane = 0; plane < planes; plane++) {
    let sum = 0;
    for (let p = 0; p < positions; p++) sum += x[plane * positions + p];
    for (let p = 0; p < positions; p++) centred[plane * positions + p] -= sum / positions;
  }
  return centred;
}

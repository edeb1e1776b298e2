/**
 * `Σ α · relu(G)`, `α = G² / (2 G² + ΣA · G³)`, of each of `planes` channels in float64; α = 0 where G or the
 * denominator is 0.
 */
export function gradCamPlusPlusWeights(
  activations: ArrayLike<number>,
  gradients: ArrayLike<number>,
  planes: number,
): Float64Array {
  const positions = activations.length / planes;
  return Float64Array.from({ length: planes }, (_, plane) => {
    let sum = 0;
    for (let p = plane * positions; p < (plane + 1) * positions; p++) sum += activations[p];
    let weight = 0;
    for (let p = plane * positions; p < (plane + 1) * positions; p++) {
      const g = gradients[p];
      const denominator = 2 * g ** 2 + sum * g ** 3;
      const alpha = g === 0 || denominator === 0 ? 0 : g ** 2 / denominator;
      weight += alpha * Math.max(g, 0);
    }
    return weight;
  });
}

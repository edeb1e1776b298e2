/** `Σ(G·A) / ΣA` of each of `planes` channels in float64, 0 where ΣA is 0. */
export function xgradWeights(
  activations: ArrayLike<number>,
  gradients: ArrayLike<number>,
  planes: number,
): Float64Array {
  const positions = activations.length / planes;
  return Float64Array.from({ length: planes }, (_, plane) => {
    let products = 0;
    let sum = 0;
    for (let p = plane * positions; p < (plane + 1) * positions; p++) {
      products += gradients[p] * activations[p];
      sum += activations[p];
    }
    return sum === 0 ? 0 : products / sum;
  });
}

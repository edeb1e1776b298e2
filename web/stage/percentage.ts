/** `62 %`, `0.4 %`, `< 0.1 %`: a probability as people read it. */
export function percentage(probability: number): string {
  const value = 100 * probability;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  if (value > 99.9 && value < 100) return '> 99.9 %';
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} %`;
}

/** Suggestions for a mistyped name. */

/** Names are told apart by so many characters; a distance takes their square. */
const COMPARED = 128;
/** Of a large graph, the last of its tensors. */
const CANDIDATES = 4096;

/**
 * The known names nearest to `name`: those that contain it first (the last of them leading, since deep layers are
 * what people look for), then by edit distance.
 */
export function nearestNames(name: string, known: readonly string[], count = 3): string[] {
  const wanted = name.slice(0, COMPARED).toLowerCase();
  const contains = (candidate: string) => wanted !== '' && candidate.toLowerCase().includes(wanted);
  const containing = known.filter(contains).reverse();
  if (containing.length >= count) return containing.slice(0, count);
  const others = known
    .filter((candidate) => !contains(candidate))
    .slice(-CANDIDATES)
    .map((candidate) => ({
      candidate,
      distance: editDistance(wanted, candidate.slice(0, COMPARED).toLowerCase()),
    }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate);
  return [...containing, ...others].slice(0, count);
}

/** Levenshtein's distance: insertions, deletions and replacements that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * CPU milliseconds of the process for one call of each: the median over rounds that run them in turn. If the
 * machine slows down, all slow down alike.
 */
export async function inTurn<K extends string>(
  calls: Readonly<Record<K, () => Promise<void>>>,
  rounds = 31,
): Promise<Record<K, number>> {
  const names = Object.keys(calls) as K[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = -Math.min(rounds, 20); round < rounds; round++) {
    for (const name of names) {
      const start = process.cpuUsage();
      await calls[name]();
      const { user, system } = process.cpuUsage(start);
      if (round >= 0) times[name].push((user + system) / 1000);
    }
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<K, number>;
}

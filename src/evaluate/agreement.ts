import { spearman } from '../metrics/index.js';
import type { PictureRecord } from './record.js';

/**
 * How similar methods are: for every two methods, Spearman's rank correlation of their maps before ReLU at
 * the (first) layer, as a mean over pictures. `undefined` where no picture has two maps that vary.
 */
export function agreement(
  records: readonly PictureRecord[],
  methods: readonly string[],
): (number | undefined)[][] {
  return methods.map((a) =>
    methods.map((b) => {
      const values = records.flatMap((record) => {
        const [of, other] = [record.methods[a], record.methods[b]].map(
          (method) => method?.map.layers[0]?.data,
        );
        if (!of || !other || of.length !== other.length) return [];
        return spearman(of, other) ?? [];
      });
      return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
    }),
  );
}

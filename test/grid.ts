import type { Kernel, Tensor } from '../src/backends/backend.js';

/**
 * The kernel on a grid of `groups` workgroups, fewer than its work needs: a small tensor then takes the way
 * that only 65,536 workgroups take otherwise, which on a software adapter last for minutes.
 */
export function onGrid<I extends string, O, T extends Tensor, K extends Kernel<I, O, T>>(
  kernel: K & Kernel<I, O, T>,
  groups: number,
): K {
  const { plan } = kernel;
  return {
    ...kernel,
    plan: (shapes, options) => ({ ...plan(shapes, options), workgroups: [groups, 1, 1] }),
  };
}

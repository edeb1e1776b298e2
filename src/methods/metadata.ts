/**
 * What a picture costs besides the scores: nothing more than one pass forwards, a pass backwards too, or many
 * passes.
 */
export type MethodCost = 'one pass' | 'gradient' | 'many passes';

/** In the order in which lists group methods. */
export const methodCosts = ['one pass', 'gradient', 'many passes'] as const satisfies readonly MethodCost[];

/**
 * What people who choose a method are told of it. README, docs/methods.md, `--help`, `inspect` and the page
 * show this and nothing else.
 */
export interface MethodMetadata {
  /** As its paper writes it: `Grad-CAM++`. */
  readonly title: string;
  /** An arXiv number, `arXiv:1610.02391`, or authors and place. */
  readonly citation?: string;
  /** The map before ReLU in one line of Markdown; `A` and `G` are activations and gradient. */
  readonly formula: string;
  readonly cost: MethodCost;
}

/** The names of methods by what they cost, in their order. Those that do not say it come last. */
export function namesByCost(
  methods: readonly (Partial<MethodMetadata> & { readonly name: string })[],
): readonly { readonly cost: MethodCost | undefined; readonly names: readonly string[] }[] {
  return [...methodCosts, undefined]
    .map((cost) => ({ cost, names: methods.filter((one) => one.cost === cost).map(({ name }) => name) }))
    .filter(({ names }) => names.length > 0);
}

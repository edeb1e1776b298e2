/** The methods that can be baked into a model, in the order of the help. */
export const bakedMethodNames = [
  'grad-cam',
  'grad-cam++',
  'xgrad-cam',
  'hires-cam',
  'layer-cam',
  'cam',
  'info-cam',
  'ablation-cam',
  'eigen-cam',
  'mi-cam',
  'mean-activation',
] as const;

export type BakedMethodName = (typeof bakedMethodNames)[number];

const half = [0.5, 0.5, 0.5];

/** Preprocessing of the MobileNetV2 in the test data. */
export const preprocessing = {
  size: [224, 224],
  resize: 'shortest',
  interpolation: 'bilinear',
  channels: 'RGB',
  mean: half,
  std: half,
} as const;

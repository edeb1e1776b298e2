const half = [0.5, 0.5, 0.5];

/** How MobileNetV2 of the test data takes pictures. */
export const preprocessing = {
  size: [224, 224],
  resize: 'shortest',
  interpolation: 'bilinear',
  channels: 'RGB',
  mean: half,
  std: half,
} as const;

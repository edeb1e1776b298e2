/** Ingredients of mutants: values, names and operators at the limits of what is allowed, and beyond. */

export const integers = [
  ...[0, 1, -1, 2, 3, 4, 5, 7, 8, -2, -3, 16, 31, 32, 33, 64, 127, 128, 255, 256, 1000, 1023, 65535, 65536],
  ...[1e6, 2 ** 24, 1e9, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, -(2 ** 53), 2 ** 63, -(2 ** 63)],
];
export const reals = [0, -0, 1, -1, 0.5, 1e-30, 1e30, 3.4e38, Number.NaN, Infinity, -Infinity];
export const names = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '',
    ' ',
    '0',
    'length',
    'name',
    'then',
  ],
  ...[
    'weights',
    'forward',
    'backward/',
    'cotangent',
    'saliency',
    'target',
    'pixels',
    'backward/constant_0',
    'cam/',
  ],
  ...['a\nb', 'a\u0000b', '\u001b[31m', '../x', '💥', 'ä', '%s', '$&', '"', "'", 'x'.repeat(5000)],
];
export const domains = ['', '', '', 'ai.onnx', 'com.microsoft', 'own', 'ai.onnx.ml', '__proto__', 'x'];
export const options =
  `axis axes kernel_shape strides pads dilations group auto_pad ceil_mode count_include_pad perm to
  keepdims mode equation blocksize transA transB alpha beta epsilon num_groups size p scales starts ends split
  output_shape output_padding value value_ints body then_branch else_branch num_scan_inputs epsilon spatial
  training_mode k largest coordinate_transformation_mode nearest_mode antialias noop_with_empty_axes allowzero batch_dims
  reduction exclusive reverse activation __proto__ constructor`.split(/\s+/);
export const texts = [
  '',
  'SAME_UPPER',
  'SAME_LOWER',
  'VALID',
  'reflect',
  'edge',
  'wrap',
  'nearest',
  'linear',
  'cubic',
  'add',
  'mul',
];
export const equations = ['', '->', 'ii->', 'ij,jk', 'nchw->nc', '...i->...', 'a,b,c', 'é->é', '1'];

export const operators =
  `Abs Add And ArgMax AveragePool BatchNormalization Cast CastLike Clip Concat ConcatFromSequence Constant
  ConstantOfShape Conv ConvInteger ConvTranspose CumSum DepthToSpace DequantizeLinear Div Dropout DynamicQuantizeLinear
  Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool
  GlobalLpPool GlobalMaxPool GridSample GroupNormalization HardSwish Hardmax Identity If InstanceNormalization LRN LSTM
  LayerNormalization LeakyRelu Log LogSoftmax Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool
  Mean MeanVarianceNormalization Min Mish Mod Mul Neg NonMaxSuppression NonZero Not OneHot Or PRelu Pad Pow QLinearConv
  QuantizeLinear RandomNormalLike Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceMax ReduceMean ReduceProd
  ReduceSum ReduceSumSquare Relu Reshape Resize RoiAlign Round Scan Scatter ScatterElements ScatterND Selu SequenceAt
  Shape Shrink Sigmoid Sign Size Slice Softmax Softplus SpaceToDepth Split SplitToSequence Sqrt Squeeze Sub Sum Tanh
  Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor Twice constructor toString __proto__ x`.split(
    /\s+/,
  );

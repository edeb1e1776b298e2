// Modules of neural networks, in the nodes that each exporter writes for them.
import { float } from './graph.mjs';

/**
 * nn.Linear. Both exporters transpose the weight for inputs with more than two axes; they differ in the order
 * of the sum.
 */
export function linear(s, x, from, to, { rank = 3, gain = 1, bias = true, as } = {}) {
  const spread = gain / Math.sqrt(from);
  if (rank === 2) {
    const inputs = [x, s.parameter('weight', [to, from], spread), s.parameter('bias', [to], 0.02)];
    return s.op('Gemm', inputs, { alpha: float(1), beta: float(1), transB: 1 }, as);
  }
  const added = bias && s.parameter('bias', [to], 0.02);
  const product = s.op(
    'MatMul',
    [x, s.folded('MatMul', 'weight', [from, to], spread)],
    {},
    bias ? undefined : as,
  );
  if (!bias) return product;
  return s.op('Add', s.isTorchScript ? [added, product] : [product, added], {}, as);
}

/** nn.LayerNorm over the last axis: nine nodes before opset 17. */
export function layerNorm(s, x, channels, epsilon = 1e-6) {
  const weight = s.parameter('weight', [channels], 0.1, 1);
  const bias = s.parameter('bias', [channels], 0.05);
  if (s.form.opset >= 17)
    return s.op('LayerNormalization', [x, weight, bias], { axis: -1, epsilon: float(epsilon) });
  const centred = s.op('Sub', [x, s.op('ReduceMean', [x], { axes: [-1] })]);
  const squares = s.op('Pow', [centred, s.real(2)]);
  const variance = s.op('ReduceMean', [squares], { axes: [-1] });
  const deviation = s.op('Sqrt', [s.op('Add', [variance, s.real(epsilon)])]);
  const standard = s.op('Div', [centred, deviation]);
  return s.op('Add', [s.op('Mul', [standard, weight]), bias]);
}

/** nn.GELU without approximation: one operator since opset 20, where dynamo writes it. */
export function gelu(s, x) {
  if (!s.isTorchScript && s.form.opset >= 20) return s.op('Gelu', [x], { approximate: 'none' });
  const error = s.op('Erf', [s.op('Div', [x, s.real(Math.SQRT2)])]);
  const share = s.op('Add', [error, s.real(1)]);
  return s.op(
    'Mul',
    s.isTorchScript ? [s.op('Mul', [x, share]), s.real(0.5)] : [s.real(0.5), s.op('Mul', [x, share])],
  );
}

/**
 * A convolution whose batch normalisation has been folded into it.
 * @param options `stride`, `group`, `pad` (default: half the kernel); `act`: `silu`, `relu` or none.
 */
export function conv(s, x, from, to, kernel, options = {}) {
  const {
    stride = 1,
    group = 1,
    pad = kernel >> 1,
    act,
    gain = act ? Math.SQRT2 : 1,
    bias = 'folded',
    as,
  } = options;
  const at = bias === 'folded' ? s.at('conv') : s;
  const fan = (from / group) * kernel ** 2;
  const dims = [to, from / group, kernel, kernel];
  const spread = gain / Math.sqrt(fan);
  const attributes = {
    dilations: [1, 1],
    group,
    kernel_shape: [kernel, kernel],
    pads: [pad, pad, pad, pad],
    strides: [stride, stride],
  };
  const inputs =
    bias === 'folded'
      ? [x, at.folded('Conv', 'weight', dims, spread), at.folded('Conv', 'bias', [to], 0.1)]
      : [x, at.parameter('weight', dims, spread), ...(bias ? [at.parameter('bias', [to], 0.02)] : [])];
  const y = at.op('Conv', inputs, attributes, act ? undefined : as);
  if (act === 'silu') return silu(s.at('act'), y);
  if (act === 'relu') return s.at('act').op('Relu', [y]);
  return y;
}

export function silu(s, x) {
  return s.op('Mul', [x, s.op('Sigmoid', [x])]);
}

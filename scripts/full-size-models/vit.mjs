// ViT-Ti/16 at 224 as timm has it: `vit_tiny_patch16_224`.
import { GraphWriter } from './graph.mjs';
import { gelu, layerNorm, linear } from './layers.mjs';

const SIZE = 224;
const PATCH = 16;
const GRID = SIZE / PATCH;
const TOKENS = GRID * GRID + 1;
const WIDTH = 192;
const HEADS = 3;
const HEAD = WIDTH / HEADS;
const BLOCKS = 12;
const CLASSES = 1000;

/** @param form `batch`: a number that is fixed, or a name. */
export function vit(form) {
  const graph = new GraphWriter(form);
  const root = graph.at('/');
  const input = form.exporter === 'torchscript' ? 'input' : 'x';
  const output = form.exporter === 'torchscript' ? 'output' : 'linear_48';
  let x = embed(root, input, form.batch);
  for (let i = 0; i < BLOCKS; i++) x = block(root.at(`blocks/blocks.${i}`), x, form);
  x = layerNorm(root.at('norm'), x, WIDTH);
  const token = root.op('Gather', [x, root.int(0)], { axis: 1 });
  linear(root.at('head'), token, WIDTH, CLASSES, { rank: 2, gain: 2, as: output });
  return graph.bytes('main_graph', {
    inputs: { [input]: [form.batch, 3, SIZE, SIZE] },
    outputs: { [output]: [form.batch, CLASSES] },
  });
}

/** Patches to tokens, the class token in front of them, and the position embedding. */
function embed(root, input, batch) {
  const s = root.at('patch_embed');
  const proj = s.at('proj');
  const weights = [
    proj.parameter('weight', [WIDTH, 3, PATCH, PATCH], 1 / Math.sqrt(3 * PATCH ** 2)),
    proj.parameter('bias', [WIDTH], 0.02),
  ];
  const patches = proj.op('Conv', [input, ...weights], {
    dilations: [1, 1],
    group: 1,
    kernel_shape: [PATCH, PATCH],
    pads: [0, 0, 0, 0],
    strides: [PATCH, PATCH],
  });
  const token = root.parameter('cls_token', [1, 1, WIDTH], 0.3);
  const positions = root.parameter('pos_embed', [1, TOKENS, WIDTH], 0.3);
  const tokens = s.transpose(flatten(s, patches, batch), [0, 2, 1]);
  const first = typeof batch === 'number' ? token : expanded(root, token, tokens, batch);
  return root.op('Add', [root.op('Concat', [first, tokens], { axis: 1 }), positions]);
}

/** `x.flatten(2)` */
function flatten(s, x, batch) {
  if (!s.isTorchScript)
    return s.reshape(x, [typeof batch === 'number' ? batch : s.length('x', 0), WIDTH, GRID * GRID]);
  const kept = s.op('Slice', [s.op('Shape', [x]), s.ints(0), s.ints(2), s.ints(0)]);
  return s.op('Reshape', [x, s.op('Concat', [kept, s.ints(-1)], { axis: 0 })]);
}

/** `cls_token.expand(B, -1, -1)`: TorchScript replaces each -1 by 1 while the model runs. */
function expanded(s, token, tokens) {
  if (!s.isTorchScript) return s.op('Expand', [token, s.shape([s.length('x', 0), 1, WIDTH])]);
  const wanted = s.shape([s.length(tokens, 0), -1, -1]);
  const flat = s.op('Reshape', [wanted, s.ints(-1)]);
  const ones = s.ones(s.op('Shape', [flat]));
  const isOpen = s.op('Equal', [flat, s.op('Mul', [ones, s.int(-1)])]);
  return s.op('Expand', [token, s.op('Where', [isOpen, ones, flat])]);
}

function block(s, x, form) {
  const attended = s.op('Add', [x, attention(s.at('attn'), layerNorm(s.at('norm1'), x, WIDTH), form)]);
  const mlp = s.at('mlp');
  const hidden = linear(mlp.at('fc1'), layerNorm(s.at('norm2'), attended, WIDTH), WIDTH, 4 * WIDTH);
  const moved = linear(mlp.at('fc2'), gelu(mlp.at('act'), hidden), 4 * WIDTH, WIDTH);
  return s.op('Add', [attended, moved]);
}

function attention(s, x, { batch, opset }) {
  const isFixed = typeof batch === 'number';
  const n = isFixed ? batch : s.isTorchScript ? s.length(x, 0) : s.length('x', 0);
  const tokens = s.isTorchScript ? s.length(x, 1) : TOKENS;
  const mixed = linear(s.at('qkv'), x, WIDTH, 3 * WIDTH, { gain: 1.5 });
  const five = s.reshape(mixed, [n, tokens, 3, HEADS, HEAD]);
  const heads = s.transpose(five, [2, 0, 3, 1, 4]);
  const [q, k, v] =
    opset < 13
      ? [0, 1, 2].map((i) => s.op('Gather', [heads, s.int(i)], { axis: 0 }))
      : s.split(heads, 0, [1, 1, 1]).map((part) => s.withAxes('Squeeze', part, [0]));
  const product = opset < 14 ? plainProduct(s, q, k) : scaledProduct(s, q, k, n);
  const weights = s.op('Softmax', [product], { axis: opset < 13 ? 3 : -1 });
  const mean = s.transpose(s.op('MatMul', [weights, v]), [0, 2, 1, 3]);
  const joined = s.reshape(mean, [n, tokens, s.isTorchScript ? s.length(x, 2) : WIDTH]);
  return linear(s.at('proj'), joined, WIDTH, WIDTH);
}

/** `(q * scale) @ k.transpose(-2, -1)` */
function plainProduct(s, q, k) {
  return s.op('MatMul', [s.op('Mul', [q, s.real(HEAD ** -0.5)]), s.transpose(k, [0, 1, 3, 2])]);
}

/** F.scaled_dot_product_attention: both factors are scaled by the root of 1/√d. */
function scaledProduct(s, q, k, n) {
  if (!s.isTorchScript) {
    const turned = s.transpose(s.reshape(k, [-1, TOKENS, HEAD]), [0, 2, 1]);
    const keys = s.reshape(turned, [n, HEADS, HEAD, TOKENS]);
    const root = HEAD ** -0.25;
    const factors = [s.op('Mul', [q, s.real(root)]), s.op('Mul', [keys, s.real(root)])];
    return s.op('MatMul', factors);
  }
  const length = s.op('Slice', [s.op('Shape', [q]), s.ints(-1), s.ints(2 ** 53)]);
  const depth = s.op('Cast', [length], { to: 1 });
  const scale = s.op('Cast', [s.op('Div', [s.real(1), s.op('Sqrt', [depth])])], { to: 1 });
  const keys = s.transpose(k, [0, 1, 3, 2]);
  const factors = [s.op('Mul', [q, s.op('Sqrt', [scale])]), s.op('Mul', [keys, s.op('Sqrt', [scale])])];
  return s.op('MatMul', factors);
}

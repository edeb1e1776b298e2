// Swin-T at 224 as torchvision exports it: channels last, windows by Reshape and Transpose.
import { GraphWriter } from './graph.mjs';
import { gelu, layerNorm, linear } from './layers.mjs';

const SIZE = 224;
const PATCH = 4;
const WINDOW = 7;
const POSITIONS = WINDOW ** 2;
const WIDTH = 96;
const DEPTHS = [2, 2, 6, 2];
const HEADS = [3, 6, 12, 24];
const CLASSES = 1000;

export function swin(form) {
  const graph = new GraphWriter(form);
  const root = graph.at('/');
  const features = root.at('features');
  let x = embed(features.at('features.0'));
  let side = SIZE / PATCH;
  let width = WIDTH;
  DEPTHS.forEach((depth, stage) => {
    const blocks = features.at(`features.${2 * stage + 1}`);
    for (let i = 0; i < depth; i++) {
      const isShifted = i % 2 === 1 && side > WINDOW;
      x = block(blocks.at(`features.${2 * stage + 1}.${i}`), x, {
        side,
        width,
        heads: HEADS[stage],
        isShifted,
      });
    }
    if (stage === DEPTHS.length - 1) return;
    x = merged(features.at(`features.${2 * stage + 2}`), x, width);
    side /= 2;
    width *= 2;
  });
  x = layerNorm(root.at('norm'), x, width, 1e-5);
  const map = root.at('permute').transpose(x, [0, 3, 1, 2]);
  const pooled = root.at('avgpool').op('GlobalAveragePool', [map]);
  const flat = root.at('flatten').op('Flatten', [pooled], { axis: 1 });
  linear(root.at('head'), flat, width, CLASSES, { rank: 2, gain: 2, as: 'output' });
  return graph.bytes('main_graph', {
    inputs: { input: [1, 3, SIZE, SIZE] },
    outputs: { output: [1, CLASSES] },
  });
}

function embed(s) {
  const proj = s.at('features.0.0');
  const weights = [
    proj.parameter('weight', [WIDTH, 3, PATCH, PATCH], 1 / Math.sqrt(3 * PATCH ** 2)),
    proj.parameter('bias', [WIDTH], 0.02),
  ];
  const patches = proj.op('Conv', ['input', ...weights], {
    dilations: [1, 1],
    group: 1,
    kernel_shape: [PATCH, PATCH],
    pads: [0, 0, 0, 0],
    strides: [PATCH, PATCH],
  });
  const last = s.at('features.0.1').transpose(patches, [0, 2, 3, 1]);
  return layerNorm(s.at('features.0.2'), last, WIDTH, 1e-5);
}

function block(s, x, shape) {
  const { width } = shape;
  const normed = layerNorm(s.at('norm1'), x, width, 1e-5);
  const attended = s.op('Add', [x, attention(s.at('attn'), normed, shape)]);
  const mlp = s.at('mlp');
  const hidden = linear(mlp.at('mlp.0'), layerNorm(s.at('norm2'), attended, width, 1e-5), width, 4 * width, {
    rank: 4,
  });
  const moved = linear(mlp.at('mlp.3'), gelu(mlp.at('mlp.1'), hidden), 4 * width, width, { rank: 4 });
  return s.op('Add', [attended, moved]);
}

/** `torch.roll` over height and width, as two slices each. */
function rolled(s, x, by, side) {
  let y = x;
  for (const axis of [1, 2]) {
    const cut = by < 0 ? -by : side - by;
    y = s.op('Concat', [s.slice(y, axis, cut, side), s.slice(y, axis, 0, cut)], { axis });
  }
  return y;
}

function attention(s, x, { side, width, heads, isShifted }) {
  const shift = WINDOW >> 1;
  const across = side / WINDOW;
  const windows = across ** 2;
  const depth = width / heads;
  const moved = isShifted ? rolled(s, x, -shift, side) : x;
  const six = s.reshape(moved, [1, across, WINDOW, across, WINDOW, width]);
  const parts = s.reshape(s.transpose(six, [0, 1, 3, 2, 4, 5]), [windows, POSITIONS, width]);
  const mixed = linear(s.at('qkv'), parts, width, 3 * width, { gain: 1.5 });
  const five = s.transpose(s.reshape(mixed, [windows, POSITIONS, 3, heads, depth]), [2, 0, 3, 1, 4]);
  const [q, k, v] = [0, 1, 2].map((i) => s.op('Gather', [five, s.int(i)], { axis: 0 }));
  const scaled = s.op('Mul', [q, s.real(depth ** -0.5)]);
  const product = s.op('MatMul', [scaled, s.transpose(k, [0, 1, 3, 2])]);
  // The exporter has folded the gathered bias of relative positions.
  const biased = s.op('Add', [
    product,
    s.parameter('relative_position_bias', [1, heads, POSITIONS, POSITIONS], 0.2),
  ]);
  const weights = s.op(
    'Softmax',
    [isShifted ? masked(s, biased, { across, windows, heads, shift }) : biased],
    { axis: -1 },
  );
  const mean = s.transpose(s.op('MatMul', [weights, v]), [0, 2, 1, 3]);
  const joined = linear(s.at('proj'), s.reshape(mean, [windows, POSITIONS, width]), width, width);
  const back = s.transpose(s.reshape(joined, [1, across, across, WINDOW, WINDOW, width]), [0, 1, 3, 2, 4, 5]);
  const whole = s.reshape(back, [1, side, side, width]);
  return isShifted ? rolled(s, whole, shift, side) : whole;
}

/** Positions that lie together only because of the shift do not see one another. */
function masked(s, x, { across, windows, heads, shift }) {
  const region = (at) => (at < across * WINDOW - WINDOW ? 0 : at < across * WINDOW - shift ? 1 : 2);
  const values = new Float32Array(windows * POSITIONS ** 2);
  const label = (window, p) => {
    const y = Math.floor(window / across) * WINDOW + Math.floor(p / WINDOW);
    return 3 * region(y) + region((window % across) * WINDOW + (p % WINDOW));
  };
  for (let w = 0, i = 0; w < windows; w++)
    for (let p = 0; p < POSITIONS; p++)
      for (let q = 0; q < POSITIONS; q++, i++) values[i] = label(w, p) === label(w, q) ? 0 : -100;
  const five = s.reshape(x, [1, windows, heads, POSITIONS, POSITIONS]);
  const sum = s.op('Add', [five, s.constant([1, windows, 1, POSITIONS, POSITIONS], values)]);
  return s.reshape(sum, [windows, heads, POSITIONS, POSITIONS]);
}

/** Four neighbours as channels, then half as many. */
function merged(s, x, width) {
  const starts = [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ];
  const parts = starts.map(([y, x0]) => s.slice(s.slice(x, 1, y, 2 ** 31, 2), 2, x0, 2 ** 31, 2));
  const all = layerNorm(s.at('norm'), s.op('Concat', parts, { axis: 3 }), 4 * width, 1e-5);
  return linear(s.at('reduction'), all, 4 * width, 2 * width, { rank: 4, bias: false });
}

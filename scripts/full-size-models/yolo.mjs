// YOLOv8n at 640 as ultralytics exports it: boxes and class scores of three scales in one output.
import { GraphWriter } from './graph.mjs';
import { conv } from './layers.mjs';

const SIZE = 640;
const CLASSES = 80;
/** Bins of each side's distance. */
const BINS = 16;
const STRIDES = [8, 16, 32];
const ANCHORS = STRIDES.reduce((sum, stride) => sum + (SIZE / stride) ** 2, 0);

export function yolo(form) {
  const graph = new GraphWriter(form);
  const root = graph.at('/');
  const at = (i) => root.at(`model.${i}`);
  const down = (i, x, from, to) => conv(at(i), x, from, to, 3, { stride: 2, act: 'silu' });
  let x = down(0, 'images', 3, 16);
  x = c2f(at(2), down(1, x, 16, 32), 32, 32, 1, true);
  const p3 = c2f(at(4), down(3, x, 32, 64), 64, 64, 2, true);
  const p4 = c2f(at(6), down(5, p3, 64, 128), 128, 128, 2, true);
  const p5 = sppf(at(9), c2f(at(8), down(7, p4, 128, 256), 256, 256, 1, true), 256);
  const n4 = c2f(at(12), joined(at(11), upsampled(at(10), p5), p4), 384, 128, 1);
  const n3 = c2f(at(15), joined(at(14), upsampled(at(13), n4), p3), 192, 64, 1);
  const m4 = c2f(at(18), joined(at(17), down(16, n3, 64, 64), n4), 192, 128, 1);
  const m5 = c2f(at(21), joined(at(20), down(19, m4, 128, 128), p5), 384, 256, 1);
  detect(at(22), [n3, m4, m5], [64, 128, 256]);
  return graph.bytes('main_graph', {
    inputs: { images: [1, 3, SIZE, SIZE] },
    outputs: { output0: [1, 4 + CLASSES, ANCHORS] },
  });
}

const joined = (s, a, b) => s.op('Concat', [a, b], { axis: 1 });

const upsampled = (s, x) =>
  s.op('Resize', [x, '', s.constant([4], Float32Array.of(1, 1, 2, 2))], {
    coordinate_transformation_mode: 'asymmetric',
    mode: 'nearest',
    nearest_mode: 'floor',
  });

/** Two halves, one of which goes through bottlenecks whose outputs are all kept. */
function c2f(s, x, from, to, count, adds = false) {
  const half = to / 2;
  const [first, second] = s.split(conv(s.at('cv1'), x, from, to, 1, { act: 'silu' }), 1, [half, half]);
  const parts = [first, second];
  for (let i = 0; i < count; i++) {
    const own = s.at(`m.${i}`);
    const last = parts[parts.length - 1];
    const y = conv(own.at('cv2'), conv(own.at('cv1'), last, half, half, 3, { act: 'silu' }), half, half, 3, {
      act: 'silu',
    });
    parts.push(adds ? own.op('Add', [last, y]) : y);
  }
  return conv(s.at('cv2'), s.op('Concat', parts, { axis: 1 }), (2 + count) * half, to, 1, { act: 'silu' });
}

function sppf(s, x, width) {
  const pool = (y) =>
    s.at('m').op('MaxPool', [y], { ceil_mode: 0, kernel_shape: [5, 5], pads: [2, 2, 2, 2], strides: [1, 1] });
  const parts = [conv(s.at('cv1'), x, width, width / 2, 1, { act: 'silu' })];
  for (let i = 0; i < 3; i++) parts.push(pool(parts[i]));
  return conv(s.at('cv2'), s.op('Concat', parts, { axis: 1 }), 2 * width, width, 1, { act: 'silu' });
}

/** Boxes as distances to the four sides, in bins; class scores after Sigmoid. */
function detect(s, maps, widths) {
  const rows = 4 * BINS + CLASSES;
  const branch = (own, x, from, middle, to, bias) => {
    const y = conv(own.at('0'), x, from, middle, 3, { act: 'silu' });
    return conv(own.at('2'), conv(own.at('1'), y, middle, middle, 3, { act: 'silu' }), middle, to, 1, {
      bias,
      gain: 3,
    });
  };
  const all = maps.map((map, i) => {
    const box = branch(s.at(`cv2.${i}`), map, widths[i], 64, 4 * BINS, true);
    const cls = branch(s.at(`cv3.${i}`), map, widths[i], 80, CLASSES, true);
    return s.reshape(s.op('Concat', [box, cls], { axis: 1 }), [1, rows, -1]);
  });
  const [boxes, scores] = s.split(s.op('Concat', all, { axis: 2 }), 1, [4 * BINS, CLASSES]);
  const d = s.at('dfl');
  const bins = d.transpose(d.reshape(boxes, [1, 4, BINS, ANCHORS]), [0, 2, 1, 3]);
  const weight = d.constant(
    [1, BINS, 1, 1],
    Float32Array.from({ length: BINS }, (_, i) => i),
  );
  const shares = d.op('Softmax', [bins], { axis: 1 });
  const distances = d.reshape(d.at('conv').op('Conv', [shares, weight], { kernel_shape: [1, 1] }), [
    1,
    4,
    ANCHORS,
  ]);
  const part = (from, to) => s.slice(distances, 1, from, to);
  const anchors = s.constant([1, 2, ANCHORS], centres());
  const near = s.op('Sub', [anchors, part(0, 2)]);
  const far = s.op('Add', [anchors, part(2, 4)]);
  const centre = s.op('Div', [s.op('Add', [near, far]), s.real(2)]);
  const extent = s.op('Concat', [centre, s.op('Sub', [far, near])], { axis: 1 });
  const pixels = s.op('Mul', [extent, s.constant([1, ANCHORS], strides())]);
  s.op('Concat', [pixels, s.op('Sigmoid', [scores])], { axis: 1 }, 'output0');
}

const cells = () =>
  STRIDES.flatMap((stride) => Array.from({ length: (SIZE / stride) ** 2 }, (_, i) => [i, stride]));

/** Centres of the cells, in cells: x of all, then y. */
function centres() {
  const all = cells();
  const x = all.map(([i, stride]) => (i % (SIZE / stride)) + 0.5);
  const y = all.map(([i, stride]) => Math.floor(i / (SIZE / stride)) + 0.5);
  return Float32Array.from([...x, ...y]);
}

const strides = () => Float32Array.from(cells(), ([, stride]) => stride);

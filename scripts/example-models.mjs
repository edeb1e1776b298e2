/**
 * Models for the questions that are not about a class, made of the bundled classifier: nothing is trained.
 *
 *   node scripts/example-models.mjs --out DIR
 *
 * birds-detector.onnx      [n, 4 + 12, 256]  the classifier at each position, in the form of YOLOv8
 * birds-segmentation.onnx  [n, 13, 128, 128] its class maps, and a background
 * birds-embedding.onnx     [n, 96]           its pooled features, of length 1
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { analyse, constantTensor, makeGraph, makeNode, parseModel, writeModel } from '../dist/onnx/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { out: { type: 'string' } } });
if (values.out === undefined) {
  console.error('usage: node scripts/example-models.mjs --out DIR');
  process.exit(2);
}

/** Positions of the layer in a row, pixels between them. */
const [GRID, STRIDE] = [16, 8];
/** Width and height of a bird, pixels. */
const [WIDTH, HEIGHT] = [96, 52];
/** Scores become probabilities by sigmoid((score - MIDDLE) / SPREAD). */
const [MIDDLE, SPREAD] = [24, 4];
/** Positions that are averaged for one answer: about the size of a bird. */
const WINDOW = 7;

const model = parseModel(new Uint8Array(await readFile(join(root, 'models/birds.onnx'))), 'birds.onnx');
const settings = JSON.parse(await readFile(join(root, 'models/birds.json'), 'utf8'));
const network = analyse(model);
const layer = network.targetLayer.name;
const { weights, bias, classes, channels } = network.linearWeights(layer);

const float = (name, dims, data) => constantTensor(name, dims, Float32Array.from(data));
const ints = (name, ...data) => constantTensor(name, [data.length], BigInt64Array.from(data, BigInt));

/** The classifier up to its last layer, and then these nodes. */
async function write(name, nodes, constants, output, labels = settings.labels) {
  const used = new Set(
    network.index.order.slice(0, network.index.order.findIndex((node) => node.outputs.includes(layer)) + 1),
  );
  const kept = network.index.order.filter((node) => used.has(node));
  const read = new Set(kept.flatMap(({ inputs }) => inputs));
  const initializers = [...model.graph.initializers.values()].filter((tensor) => read.has(tensor.name));
  const graph = makeGraph(name, {
    nodes: [...kept, ...nodes],
    initializers: [...initializers, ...constants],
    inputs: model.graph.inputs,
    outputs: [output],
  });
  const { irVersion, opsets } = model;
  await writeFile(join(values.out, `${name}.onnx`), writeModel({ irVersion, opsets, functions: [], graph }));
  await writeFile(join(values.out, `${name}.json`), JSON.stringify({ ...settings, labels }));
}

/** The classes' scores around each position: `maps [n, C, h, w]`, the mean over the window. */
const head = [makeNode('Conv', [layer, 'head.weight', 'head.bias'], ['maps'], { pads: [3, 3, 3, 3] })];
const area = WINDOW ** 2;
const headConstants = [
  float(
    'head.weight',
    [classes, channels, WINDOW, WINDOW],
    Array.from({ length: classes * channels * area }, (_, i) => weights[Math.floor(i / area)] / area),
  ),
  float('head.bias', [classes], bias),
];

const centres = Array.from({ length: GRID ** 2 }, (_, at) =>
  [at % GRID, Math.floor(at / GRID)].map((i) => (i + 0.5) * STRIDE),
);
const boxes = [
  centres.map(([x]) => x),
  centres.map(([, y]) => y),
  centres.map(() => WIDTH),
  centres.map(() => HEIGHT),
];

await mkdir(values.out, { recursive: true });
await write(
  'birds-detector',
  [
    ...head,
    makeNode('Sub', ['maps', 'middle'], ['above']),
    makeNode('Div', ['above', 'spread'], ['scaled']),
    makeNode('Sigmoid', ['scaled'], ['shares']),
    makeNode('Reshape', ['shares', 'flat'], ['scores']),
    // One row of boxes per picture.
    makeNode('Slice', ['scores', 'zero', 'four', 'one'], ['rows']),
    makeNode('Mul', ['rows', 'none'], ['nothing']),
    makeNode('Add', ['nothing', 'boxes'], ['placed']),
    makeNode('Concat', ['placed', 'scores'], ['output0'], { axis: 1 }),
  ],
  [
    ...headConstants,
    ...[float('middle', [1], [MIDDLE]), float('spread', [1], [SPREAD])],
    ints('flat', 0, classes, GRID ** 2),
    ...[ints('zero', 0), ints('four', 4), ints('one', 1)],
    float('none', [1], [0]),
    float('boxes', [1, 4, GRID ** 2], boxes.flat()),
  ],
  { name: 'output0', dtype: 'float32', shape: ['batch', 4 + classes, GRID ** 2] },
);
await write(
  'birds-segmentation',
  [
    ...head,
    makeNode('ReduceMax', [layer], ['strongest'], { axes: [1], keepdims: 1 }),
    makeNode('Mul', ['strongest', 'none'], ['nothing']),
    makeNode('Add', ['nothing', 'background'], ['behind']),
    makeNode('Concat', ['maps', 'behind'], ['small'], { axis: 1 }),
    makeNode('Resize', ['small', '', 'scales'], ['logits'], { mode: 'linear' }),
  ],
  [
    ...headConstants,
    float('none', [1], [0]),
    float('background', [1], [8]),
    float('scales', [4], [1, 1, STRIDE, STRIDE]),
  ],
  { name: 'logits', dtype: 'float32', shape: ['batch', classes + 1, 128, 128] },
  [...settings.labels, 'background'],
);
await write(
  'birds-embedding',
  [
    makeNode('GlobalAveragePool', [layer], ['pooled']),
    makeNode('Flatten', ['pooled'], ['features']),
    makeNode('LpNormalization', ['features'], ['embedding'], { axis: 1, p: 2 }),
  ],
  [],
  { name: 'embedding', dtype: 'float32', shape: ['batch', channels] },
);
console.log(`written to ${values.out}: birds-detector.onnx, birds-segmentation.onnx, birds-embedding.onnx`);

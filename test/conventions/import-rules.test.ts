import { dirname, join } from 'node:path/posix';
import { describe, expect, test } from 'vitest';
import { filesIn, readText } from './files.js';
import { importsOf } from './imports.js';

// What each part of src may import, besides itself, errors.ts, names.ts and types.ts. A part is a folder, or
// a file right under src.
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  types: [],
  errors: [],
  names: [],
  generated: ['backends', 'kernels', 'methods'], // the type Shader; the kernels' declarations; methods found
  backends: ['generated'],
  kernels: ['backends', 'generated'],
  reference: [], // plain arrays
  methods: ['generated', 'kernels/ops', 'backends/backend'], // Ops and the tensor types; no kernel, no backend
  onnx: [],
  runtime: ['onnx'],
  targets: ['onnx', 'runtime'], // what the model's outputs say, as a scalar to explain
  image: ['generated'],
  poster: ['generated', 'image'],
  metrics: [], // plain arrays
  explain: ['backends', 'image', 'kernels', 'methods', 'onnx', 'runtime', 'targets'], // the explainer's own steps
  explainer: ['backends', 'explain', 'image', 'kernels', 'methods', 'onnx', 'runtime'],
  index: ['backends', 'explain', 'explainer', 'image', 'kernels', 'methods', 'onnx', 'runtime', 'targets'],
  // Figures over a data set.
  evaluate: ['backends', 'explain', 'explainer', 'image', 'kernels', 'metrics', 'onnx', 'runtime', 'targets'],
  node: [
    'backends',
    'evaluate',
    'explain',
    'explainer',
    'image',
    'index',
    'kernels',
    'methods',
    'metrics',
    'onnx',
    'poster',
    'reference', // what onnx-cam bench holds the kernels against
    'runtime',
    'targets',
  ],
};

// Within src/node, likewise: each folder imports only itself and folders that stand above it. A file right
// under src/node belongs to the library, not to the command line.
const WITHIN_NODE: Readonly<Record<string, readonly string[]>> = {
  files: [], // reading and writing whole files, safely
  model: ['files'], // the model's file and what lies beside it
  terminal: ['model'], // what a command says and hears
  inputs: ['files', 'terminal'], // pictures, tensors and archives, listed and decoded
  outputs: ['files', 'inputs'], // pictures, arrays and sheets, drawn and written
  library: ['model', 'inputs', 'outputs'], // onnx-cam/node
  options: ['model', 'terminal', 'inputs', 'outputs'], // how values of options are read
  run: ['files', 'model', 'terminal', 'inputs', 'outputs', 'options'], // many images, resumable
  queue: ['files', 'model', 'terminal', 'inputs', 'outputs', 'options', 'run'], // on many machines
  evaluation: ['files', 'terminal', 'inputs', 'outputs', 'options'], // data sets and their report
  bench: ['files', 'model', 'terminal', 'inputs', 'options'],
  cli: [
    ...['files', 'model', 'terminal', 'inputs', 'options'],
    ...['run', 'queue', 'evaluation', 'bench'], // a command each
  ],
};

// Each package may be used by the listed parts only. (`node` may use any.)
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'd3-scale-chromatic': ['image'],
  'onnxruntime-common': ['runtime', 'index', 'explain', 'explainer'],
  'onnxruntime-web': ['runtime'],
  'onnxruntime-web/wasm': ['runtime'],
  'onnxruntime-web/webgpu': ['runtime'],
  'onnxruntime-node': ['runtime'],
  webgpu: ['backends', 'runtime'], // Dawn: taken where there is no navigator.gpu
};

// Outside src/node, modules of Node, and modules whose specifier is in a variable, are imported only in these
// files, only dynamically, in branches that browsers never take.
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'src/runtime/environment.ts': [
    'node:os', // these two as types
    'node:module',
    'names.module', // packages in CommonJS load faster by `require`
    'names.os', // the number of processors, which browsers have in navigator
    'node:v8',
    'names.v8', // Node 20 compiles ONNX Runtime for a minute unless a flag of V8 prevents it
    'names.web', // packages whose binaries lie beside their own files: bundlers must not include them
    'names.dawn',
  ],
  'src/backends/gpu-device.ts': ['packages.dawn'], // likewise
  'src/backends/gpu-probe.ts': [
    'node:child_process', // these four as types
    'node:fs/promises',
    'node:module',
    'node:url',
    'names.fs', // looks for devices
    'names.child', // starts another process; browsers have none
    'names.module',
    'names.url',
  ],
};

const partOf = (path: string): string => path.split('/')[0].replace(/\.ts$/, '');

/** The folder of src/node that a path below it lies in. */
const nodePartOf = (path: string): string => (path.includes('/') ? path.split('/')[0] : 'library');

/** Imports of `file` (`src/…`) that no rule allows, as sentences. */
function broken(file: string, source: string): string[] {
  const path = file.slice('src/'.length);
  const part = partOf(path);
  const allowed = ['errors', 'types', 'names', part, ...(ALLOWED[part] ?? [])];
  if (!(part in ALLOWED))
    return [
      `${file}: src/${part} has no import rules; say in test/conventions/import-rules.test.ts what it may import`,
    ];
  return importsOf(source).flatMap((module) => {
    const no = [`${file} imports ${module}`];
    if (module.startsWith('.')) {
      const target = join(dirname(path), module).replace(/\.js$/, '');
      const within = allowed.some((name) => target === name || target.startsWith(`${name}/`));
      if (!within || target.startsWith('..')) return no;
      if (part !== 'node' || !target.startsWith('node/')) return [];
      const [from, to] = [path, target].map((name) => nodePartOf(name.slice('node/'.length)));
      return from === to || WITHIN_NODE[from]?.includes(to) ? [] : no;
    }
    if (part === 'node') return [];
    if (EXCEPTIONS[file]?.includes(module)) {
      return new RegExp(`from\\s*['"]${module}['"]`).test(source) ? no : [];
    }
    return PACKAGES[module]?.includes(part) ? [] : no;
  });
}

const sources = filesIn('src', '.ts').filter((path) => !path.endsWith('.d.ts'));

test.for(Object.keys(ALLOWED))('the import rules of src/%s hold', (part) => {
  const files = sources.filter((file) => partOf(file.slice('src/'.length)) === part);
  expect(files.flatMap((file) => broken(file, readText(file)))).toEqual([]);
});

test('every part of src has import rules', () => {
  expect(new Set(sources.map((file) => partOf(file.slice('src/'.length))))).toEqual(
    new Set(Object.keys(ALLOWED).filter((part) => sources.some((file) => partOf(file.slice(4)) === part))),
  );
  expect(sources.length).toBeGreaterThan(50);
});

test('every folder of src/node has import rules, which go one way', () => {
  const folders = sources.filter((file) => partOf(file.slice(4)) === 'node').map((file) => file.slice(9));
  expect(new Set(folders.map(nodePartOf))).toEqual(new Set(Object.keys(WITHIN_NODE)));
  for (const [at, [, allowed]] of Object.entries(WITHIN_NODE).entries())
    expect(Object.keys(WITHIN_NODE).slice(0, at)).toEqual(expect.arrayContaining([...allowed]));
});

test('no exception is left over', () => {
  for (const [file, modules] of Object.entries(EXCEPTIONS)) {
    expect(importsOf(readText(file)), file).toEqual(expect.arrayContaining([...modules]));
  }
});

describe('a broken rule is found', () => {
  const from = (module: string) => `import { thing } from '${module}';\n`;
  test.for([
    ['src/onnx/graph.ts', from('../runtime/open.js')],
    ['src/onnx/gradients/conv.ts', from('../../kernels/relu.js')],
    ['src/onnx/graph.ts', from('../backends/backend.js')],
    ['src/onnx/graph.ts', from('onnxruntime-common')],
    ['src/kernels/relu.ts', from('../onnx/model.js')],
    ['src/kernels/relu.ts', from('../image/resize.js')],
    ['src/backends/wasm.ts', from('../runtime/open.js')],
    ['src/backends/wasm.ts', from('../kernels/ops.js')],
    ['src/backends/wasm.ts', from('../node/npy.js')],
    ['src/methods/grad-cam.ts', from('../kernels/relu.js')],
    ['src/methods/grad-cam.ts', from('../backends/select.js')],
    ['src/methods/grad-cam.ts', from('../runtime/session.js')],
    ['src/runtime/session.ts', from('../kernels/ops.js')],
    ['src/runtime/session.ts', from('../explainer.js')],
    ['src/image/resize.ts', from('node:fs')],
    ['src/image/resize.ts', from('sharp')],
    ['src/explainer.ts', from('./node/npy.js')],
    ['src/explain/batch.ts', from('../explainer.js')],
    ['src/index.ts', from('./node/index.js')],
    ['src/kernels/index.ts', from('../explainer.js')],
    ['src/types.ts', from('./onnx/model.js')],
    ['src/runtime/environment.ts', from('node:os')], // allowed only as a dynamic import
    ['src/runtime/environment.ts', "await import('node:fs');"],
    ['src/node/inputs/npy.ts', from('../../test/random.js')], // out of src
    ['src/onnx/graph.ts', "import type { Session } from '../runtime/session.js';"],
    ['src/onnx/graph.ts', "export * from '../runtime/session.js';"],
    ['src/onnx/graph.ts', "import {\n  a,\n  b,\n} from '../runtime/session.js';"],
    ['src/onnx/graph.ts', "import '../runtime/session.js';"],
    ['src/onnx/graph.ts', "const open = () => import(/* @vite-ignore */ '../runtime/session.js');"],
    ['src/runtime/open.ts', 'await import(`../explainer.js`);'],
    ['src/runtime/open.ts', 'await import(name);'],
    ['src/metrics/deletion.ts', from('../image/index.js')],
    ['src/evaluate/run.ts', from('../node/decode.js')],
    ['src/evaluate/run.ts', from('node:fs')],
    ['src/node/inputs/decode.ts', from('../run/unit.js')], // against the order of its folders
    ['src/node/evaluation/report/gather.ts', from('../../cli/commands/evaluate.js')],
    ['src/node/files/files.ts', from('../index.js')],
    ['src/node/model/load-model.ts', from('../unknown/file.js')],
    ['src/unknown/file.ts', ''],
  ] as const)('%s: %s', ([file, source]) => {
    expect(broken(file, `// a line before\n${source}`)).toHaveLength(1);
  });

  test.for([
    ['src/onnx/graph.ts', "// import { thing } from '../runtime/open.js';"],
    ['src/onnx/graph.ts', "/** import('../runtime/open.js') */ const url = 'https://example.org/'; "],
    ['src/onnx/gradients/conv.ts', "import { CamError } from '../../errors.js';"],
    ['src/onnx/graph.ts', 'fail(`no way from "../runtime/open.js"`, "nor from \'../index.js\'");'],
    ['src/methods/grad-cam.ts', "import type { Ops } from '../kernels/ops.js';"],
    ['src/runtime/environment.ts', 'await import(/* webpackIgnore: true */ names.os);'],
    ['src/node/inputs/npy.ts', "import { readFileSync } from 'node:fs';"],
  ] as const)('and a good one is not: %s: %s', ([file, source]) => {
    expect(broken(file, source)).toEqual([]);
  });
});

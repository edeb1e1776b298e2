/**
 * External data that a link, a device or a part of the file that nobody looks at would fetch from elsewhere.
 */

import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createExplainer } from '../../../src/node/index.js';
import { externalLocations } from '../../../src/node/model/external-locations.js';
import { loadModel } from '../../../src/node/model/load-model.js';
import { constantTensor, makeGraph, makeNode, parseModel, writeModel } from '../../../src/onnx/index.js';
import { WireWriter } from '../../../src/onnx/wire-writer.js';
import { temporaryFolder } from '../folder.js';

const root = temporaryFolder();
const folder = join(root, 'model');
const elsewhere = join(root, 'elsewhere');
for (const path of [folder, elsewhere, join(folder, 'weights')]) mkdirSync(path);
const model = join(folder, 'm.onnx');
writeFileSync(model, 'model');
writeFileSync(join(elsewhere, 'secret'), 'secret');
writeFileSync(join(folder, 'weights', 'own.bin'), 'own');

const load = (location: string, path = model) => loadModel(path, () => [location]);
const text = async (location: string, path?: string) =>
  Buffer.from((await load(location, path)).externalData[0].data).toString();

symlinkSync('/etc/passwd', join(folder, 'w.bin'));
symlinkSync('../elsewhere/secret', join(folder, 'relative.bin'));
symlinkSync('w.bin', join(folder, 'chain.bin'));
symlinkSync(elsewhere, join(folder, 'linked'));
symlinkSync('weights/own.bin', join(folder, 'inside.bin'));
symlinkSync('round.bin', join(folder, 'round.bin'));
linkSync(join(folder, 'weights', 'own.bin'), join(folder, 'hard.bin'));

test.each(['w.bin', 'relative.bin', 'chain.bin', 'linked/secret', 'weights/../../elsewhere/secret'])(
  '"%s" leads out of the folder: refused, with its name',
  async (location) => {
    await expect(load(location)).rejects.toMatchObject({
      code: 'model',
      message: expect.stringContaining(
        `expected external data inside the model's folder, got "${location}", which leads out of it.`,
      ),
    });
  },
);

test('links that stay inside are followed', async () => {
  expect(await text('inside.bin')).toBe('own');
  expect(await text('hard.bin')).toBe('own');
  expect(await text('weights/../inside.bin')).toBe('own');
});

test('a folder with links into a store beside it, as caches have them: the store is where the model lies', async () => {
  const store = join(root, 'blobs');
  const snapshot = join(root, 'snapshots', 'main', 'onnx');
  mkdirSync(store);
  mkdirSync(snapshot, { recursive: true });
  writeFileSync(join(store, '1a'), 'model');
  writeFileSync(join(store, '2b'), 'weights');
  symlinkSync('../../../blobs/1a', join(snapshot, 'model.onnx'));
  symlinkSync('../../../blobs/2b', join(snapshot, 'model.onnx_data'));
  symlinkSync('../../../elsewhere/secret', join(snapshot, 'other'));
  const linked = join(snapshot, 'model.onnx');
  expect(await text('model.onnx_data', linked)).toBe('weights');
  await expect(load('other', linked)).rejects.toThrow('leads out of it');
});

test('a path that is not a file, or does not exist, is named at once', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await expect(load('pipe')).rejects.toThrow('could not be read: not a regular');
  await expect(load('weights')).rejects.toThrow('a folder (EISDIR)');
  await expect(load('gone.bin')).rejects.toThrow('no such file or folder (ENOENT)');
  // A way back through a linked folder is the way back from its name.
  await expect(load('linked/../elsewhere/secret')).rejects.toThrow('no such file or folder (ENOENT)');
  await expect(load('round.bin')).rejects.toMatchObject({ code: 'model' });
});

/** A TensorProto [1] of float32 whose value lies outside. */
function outside(entries: Readonly<Record<string, string>>): Uint8Array {
  const w = new WireWriter();
  w.ints(1, [1]);
  w.int(2, 1);
  w.string(8, 'outside');
  for (const [key, value] of Object.entries(entries)) {
    const entry = new WireWriter();
    entry.string(1, key);
    entry.string(2, value);
    w.message(13, entry);
  }
  w.int(14, 1);
  return w.finish();
}

const tensorOf = (proto: Uint8Array) => ({ ...constantTensor('outside', [1], Float32Array.of(0)), proto });

/**
 * A model that keeps the tensor in its initialisers, in a node's body, in a local function, or as a sparse
 * one.
 */
function keeping(proto: Uint8Array, place: 'graph' | 'body' | 'function' | 'sparse'): Uint8Array {
  const value = { type: 'tensor', value: tensorOf(proto) } as const;
  const constant = makeNode('Constant', [], ['k'], { value });
  const body = makeGraph('body', { nodes: [constant], outputs: [{ name: 'k' }] });
  const graph = makeGraph('g', {
    initializers: [
      constantTensor('c', [], Uint8Array.of(1), 'bool'),
      ...(place === 'graph' ? [tensorOf(proto)] : []),
    ],
    nodes:
      place === 'body'
        ? [
            makeNode('If', ['c'], ['y'], {
              then_branch: { type: 'graph', value: body },
              else_branch: { type: 'graph', value: body },
            }),
          ]
        : [makeNode('Identity', ['x'], ['y'])],
    inputs: [{ name: 'x', dtype: 'float32', shape: [1, 3, 8, 8] }],
    outputs: [{ name: 'y' }],
  });
  const node = new WireWriter();
  const attribute = new WireWriter();
  attribute.string(1, 'value');
  attribute.bytes(5, proto);
  node.string(4, 'Constant');
  node.message(5, attribute);
  const local = new WireWriter();
  local.string(1, 'Fetch');
  local.message(7, node);
  local.string(10, 'own');
  const sparse = new WireWriter();
  sparse.bytes(1, tensorOf(proto).proto);
  return writeModel({
    irVersion: 8,
    opsets: new Map([['', 17]]),
    graph: { ...graph, sparseInitializers: new Map(place === 'sparse' ? [['s', sparse.finish()]] : []) },
    functions: place === 'function' ? [{ proto: local.finish() }] : [],
  });
}

const places = ['graph', 'body', 'function', 'sparse'] as const;

test.each(places)('a location that leads out is refused wherever it stands: %s', (place) => {
  for (const location of ['../secret', '/etc/passwd', 'a/../../b', '..\\secret', 'C:\\secret', ''])
    expect(() => externalLocations(keeping(outside({ location }), place), 'm')).toThrow(
      'expected external values in a file beside the model',
    );
});

test.each<Readonly<Record<string, string>>>([
  { offset: '-1' },
  { offset: '9007199254740993' },
  { offset: '1e400' },
  { length: '-4' },
  { length: 'x' },
])('an impossible position in the file: %o', (entries) => {
  const bytes = keeping(outside({ location: 'w', ...entries }), 'graph');
  expect(() => externalLocations(bytes, 'm')).toThrow('expected external values in a file beside the model');
});

test('each position is found, and a model without its files is not opened', async () => {
  for (const place of ['graph', 'body', 'function'] as const) {
    const bytes = keeping(outside({ location: 'w.bin' }), place);
    expect(externalLocations(bytes, 'm')).toEqual(['w.bin']);
    await expect(createExplainer(bytes)).rejects.toMatchObject({
      code: 'model',
      message: expect.stringContaining('expected the file "w.bin"'),
    });
  }
});

test('an offset after the end of the file is a model error', () => {
  const bytes = keeping(outside({ location: 'w.bin', offset: '4096', length: '4' }), 'graph');
  const read = parseModel(bytes, 'm', new Map([['w.bin', new Uint8Array(8)]]));
  expect(() => read.graph.initializers.get('outside')?.data()).toThrow(
    'm: tensor "outside": expected at least 4100 bytes in "w.bin", got 8.',
  );
});

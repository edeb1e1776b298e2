import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createExplainer,
  decodeFile,
  encodePng,
  explain,
  overlay,
  posterPng,
  viewOf,
} from '../../src/node/index.js';
import { captioned } from '../../src/node/outputs/caption.js';
import { root } from '../conventions/files.js';
import { rejection } from '../explain/classifier.js';
import { temporaryFolder } from './folder.js';

const folder = temporaryFolder();
const model = join(root, 'models/birds.onnx');
const bird = join(root, 'examples/birds/stacked-0.png');
const backend = 'wasm';
const out = (name: string) => join(folder, name);

let server: Server;
let address: string;
beforeAll(async () => {
  server = createServer(({ url }, response) => {
    const file = url === '/bird.png' ? bird : url === '/model.onnx' ? model : undefined;
    if (file) response.end(readFileSync(file));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

describe('explain', () => {
  test('the file of the first method, as overlay and encodePng draw it', async () => {
    const { target, maps, save } = await explain(model, bird, { backend });
    expect(target.label).toBeTruthy();
    expect(Object.keys(maps)).toEqual(['grad-cam', 'mi-cam']);
    await save(out('new/heat.png'));
    const picture = await decodeFile(bird);
    const explainer = await createExplainer(model, { backend });
    const view = viewOf(picture.width, picture.height, explainer.preprocessing);
    await explainer.dispose();
    const drawn = overlay(picture, maps['grad-cam'] ?? maps['mi-cam'], view);
    expect(new Uint8Array(readFileSync(out('new/heat.png')))).toEqual(new Uint8Array(await encodePng(drawn)));
    await save(out('mi.png'), { method: 'MICAM', colormap: 'magma', alpha: 1, caption: false });
    const other = overlay(picture, maps['mi-cam'], view, { colormap: 'magma', alpha: 1 });
    expect(new Uint8Array(readFileSync(out('mi.png')))).toEqual(new Uint8Array(await encodePng(other)));
    await save(out('said.png'), { method: 'mi-cam', colormap: 'magma', alpha: 1 });
    const said = await encodePng(await captioned(other));
    expect(new Uint8Array(readFileSync(out('said.png')))).toEqual(new Uint8Array(said));
  });

  test('the ending chooses the format, of overlays and posters; an existing file is replaced', async () => {
    const { save } = await explain(model, bird, { backend, methods: ['mi-cam'] });
    writeFileSync(out('a.JPEG'), 'something');
    for (const [name, format] of [
      ['a.JPEG', 'jpeg'],
      ['a.webp', 'webp'],
      ['a.png', 'png'],
    ] as const) {
      await save(out(name));
      expect(await sharp(out(name)).metadata()).toMatchObject({ format });
      await save(out(`poster-${name}`), { poster: true });
      expect(await sharp(out(`poster-${name}`)).metadata()).toMatchObject({ format, width: 1200 });
    }
  });

  test('a poster is that of posterPng', async () => {
    const { save, ...explanation } = await explain(model, bird, { backend, target: 1 });
    await save(out('poster.png'), { poster: true });
    const picture = await decodeFile(bird);
    const explainer = await createExplainer(model, { backend });
    const view = viewOf(picture.width, picture.height, explainer.preprocessing);
    await explainer.dispose();
    const wanted = await posterPng({
      name: bird,
      model: 'birds.onnx',
      picture,
      view,
      explanations: [explanation],
    });
    expect(new Uint8Array(readFileSync(out('poster.png')))).toEqual(new Uint8Array(wanted));
  });

  test('lists, several targets, pictures, tensors: each saves its own', async () => {
    const picture = await decodeFile(bird);
    const tensor = { data: new Float32Array(3 * 64 * 64), shape: [3, 64, 64] };
    const probe = await createExplainer(model, { backend });
    const [height, width] = probe.preprocessing.size;
    await probe.dispose();
    const right = { ...tensor, data: new Float32Array(3 * height * width), shape: [3, height, width] };
    right.data.forEach((_, i) => {
      right.data[i] = Math.sin(i);
    });
    const several = await explain(model, [bird, picture, right], { backend, methods: ['mi-cam'] });
    expect(several).toHaveLength(3);
    for (const [i, { save }] of several.entries()) await save(out(`each-${i}.png`));
    expect(readFileSync(out('each-0.png'))).toEqual(readFileSync(out('each-1.png')));
    expect(await sharp(out('each-2.png')).metadata()).toMatchObject({ width, height });
    const classes = await explain(model, bird, { backend, methods: ['grad-cam'], target: [0, 1] });
    expect(classes.map(({ target }) => target.index)).toEqual([0, 1]);
    await classes[1].save(out('class.png'));
    expect(existsSync(out('class.png'))).toBe(true);
  });

  test('paths and URLs of pictures and models', async () => {
    const wanted = await explain(model, bird, { backend, methods: ['mi-cam'] });
    const data = `data:image/png;base64,${readFileSync(bird).toString('base64')}`;
    const fileUrl = pathToFileURL(bird);
    for (const source of [
      fileUrl,
      fileUrl.href,
      `${address}/bird.png`,
      new URL(`${address}/bird.png`),
      data,
    ]) {
      const got = await explain(pathToFileURL(model), source, { backend, methods: ['mi-cam'] });
      expect(got.maps['mi-cam'].saliency).toEqual(wanted.maps['mi-cam'].saliency);
    }
    const explainer = await createExplainer(model, { backend, methods: ['mi-cam'] });
    const [one] = await explainer.explain([bird]);
    expect(one.maps['mi-cam'].saliency).toEqual(wanted.maps['mi-cam'].saliency);
    expect((await explainer.explain(bird)).target).toEqual(wanted.target);
    await explainer.dispose();
    const fetched = await explain(`${address}/model.onnx`, bird, { backend, onNotice: () => undefined });
    expect(fetched.scores).toHaveLength(wanted.scores.length);
    await fetched.save(out('fetched.png'));
  });

  test.for<[unknown, string, string]>([
    ['/none/a.jpg', 'input', '/none/a.jpg: could not be read: no such file or folder (ENOENT).'],
    [folder, 'input', 'a folder'],
    ['', 'input', 'image: expected a path or a URL, got "".'],
    ['ftp://a.example/b.png', 'input', 'ftp://a.example/b.png: could not be read'],
    [new URL('ftp://a.example/b.png'), 'input', 'only http, https, data and file are read'],
    ['http://', 'input', 'image: expected a path or a URL, got "http://" (Invalid URL).'],
    ['http://127.0.0.1:1/a.png', 'input', 'could not be fetched'],
    ['data:text/plain,hello', 'input', 'data URL: expected a picture'],
    [null, 'input', 'image 0: expected a picture'],
    [[bird, 7], 'input', 'image 1: expected a picture'],
  ])('%#: not a picture', async ([source, code, message]) => {
    const told: string[] = [];
    const call = explain(model, source as never, { backend, onNotice: (text) => told.push(text) });
    expect(await rejection(call)).toEqual([code, expect.stringContaining(message)]);
    expect(told).toEqual([]);
  });

  test('not a model, and a missing picture before it', async () => {
    expect(await rejection(explain('/none.onnx', bird))).toEqual([
      'model',
      expect.stringContaining('/none.onnx'),
    ]);
    expect(await rejection(explain('/none.onnx', '/none.png'))).toEqual([
      'input',
      expect.stringContaining('/none.png'),
    ]);
    expect(await rejection(explain(null as never, bird))).toEqual([
      'model',
      expect.stringContaining('got null'),
    ]);
    expect(await rejection(explain(`${address}/none.onnx`, bird))).toEqual([
      'model',
      expect.stringContaining('404'),
    ]);
  });

  test('options of both kinds are refused by name', async () => {
    const refused = async (options: object | null) =>
      (await rejection(explain(model, bird, options as object)))[1];
    expect(await refused({ targets: 1 })).toContain('targets: expected an array');
    expect(await refused({ traget: 1 })).toContain('got "traget". Did you mean "target"?');
    expect(await refused({ colormap: 'turbo' })).toContain('got "colormap".');
    expect(await refused(null)).toContain('expected options as an object, got null.');
  });

  test('pictures that cannot be saved, and files that are never replaced', async () => {
    mkdirSync(out('own'));
    copyFileSync(bird, out('own/bird.png'));
    const { save } = await explain(model, out('own/bird.png'), { backend, methods: ['mi-cam'] });
    const refused = async (...given: unknown[]) => rejection(save(...(given as Parameters<typeof save>)));
    const ending = 'save: expected a path that ends in .png, .jpg, .webp, got';
    expect(await refused(out('a.gif'))).toEqual(['output', `${ending} "${out('a.gif')}".`]);
    expect(await refused(undefined)).toEqual(['output', `${ending} undefined.`]);
    expect(await refused(out('own/bird.png'))).toEqual([
      'output',
      expect.stringContaining('expected another file'),
    ]);
    expect(readFileSync(out('own/bird.png'))).toEqual(readFileSync(bird));
    expect(await refused(out('a.png/b.png'))).toEqual([
      'output',
      expect.stringContaining('could not be written'),
    ]);
    expect(await refused(out('b.png'), { method: 'grad-cam' })).toEqual([
      'option',
      'save: method: expected one of mi-cam, got "grad-cam".',
    ]);
    expect(await refused(out('b.png'), { colourmap: 'jet' })).toEqual([
      'option',
      expect.stringContaining('got "colourmap". Did you mean "colormap"?'),
    ]);
    expect(await refused(out('b.png'), { colormap: 'jett' })).toEqual([
      'option',
      expect.stringContaining('Did you mean "jet"?'),
    ]);
    expect(await refused(out('b.png'), { alpha: 2 })).toEqual([
      'option',
      'alpha: expected a number from 0 to 1, got 2.',
    ]);
    expect(existsSync(out('b.png'))).toBe(false);
  });
});

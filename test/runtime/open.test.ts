import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { openSession, type RuntimeName } from '../../src/runtime/index.js';
import { FLOAT, unary } from './models.js';
import { runProgram } from './program.js';
import { expectFloats } from './support.js';

const bytes = unary('Neg', FLOAT, ['n']);
const x = { data: Float32Array.of(1, -2), shape: [2] };

describe('openSession', () => {
  test('auto chooses onnxruntime-node where it is installed, and says so', async () => {
    expect((await openSession({ bytes })).runtime).toBe('onnxruntime-node cpu');
  });

  test('the session factory of a caller replaces ours', async () => {
    const created: InferenceSession.SessionOptions[] = [];
    const sessionFactory = {
      create(model: Uint8Array, options: InferenceSession.SessionOptions) {
        created.push(options);
        return InferenceSession.create(model, options);
      },
    };
    const externalData = [{ path: 'w.bin', data: new Uint8Array(4) }];
    const session = await openSession({ bytes, externalData }, { sessionFactory });
    expect(created).toEqual([{ logSeverityLevel: 4, externalData }]);
    expect(session.runtime).toBe('session factory');
    expectFloats((await session.run({ x })).y, { data: Float32Array.of(-1, 2), shape: [2] }, 0);
    await session.dispose();
  });

  test('the class InferenceSession itself is a session factory', async () => {
    const session = await openSession({ bytes }, { sessionFactory: InferenceSession });
    expectFloats((await session.run({ x })).y, { data: Float32Array.of(-1, 2), shape: [2] }, 0);
  });

  test.for([0, 1.5, Number.NaN])('%d threads are refused', async (threads) => {
    await expect(openSession({ bytes }, { threads })).rejects.toMatchObject({
      code: 'option',
      message: `threads: expected an integer from 1 on, got ${threads}.`,
    });
  });

  test('webgpu without a device, and an unknown name, are refused', async () => {
    await expect(openSession({ bytes }, { runtime: 'webgpu' })).rejects.toMatchObject({
      code: 'option',
      message: "runtime webgpu: expected a GPU device to share, got none. Pass the backend's device.",
    });
    await expect(openSession({ bytes }, { runtime: 'cuda' as RuntimeName })).rejects.toMatchObject({
      code: 'option',
      message: "runtime: expected 'auto', 'node', 'web' or 'webgpu', got 'cuda'.",
    });
  });
});

/** Opens a session in a new process and prints its runtime, or the error. */
const program = (options: string) => `
  import { openSession } from './src/runtime/index.js';
  import { FLOAT, unary } from './test/runtime/models.js';
  const session = openSession({ bytes: unary('Neg', FLOAT, ['n']) }, ${options});
  await session.then(
    async (s) => {
      const { y } = await s.run({ x: { data: Float32Array.of(1, -2), shape: [2] } });
      console.log(s.runtime, ...y.data);
    },
    ({ code, message }) => console.log(code, message),
  );`;

const everything = ['onnxruntime-common', 'onnxruntime-web', 'onnxruntime-node'];
const withoutNode = everything.slice(0, 2);

describe('in a new process', { timeout: 120_000 }, () => {
  test.for([
    ['auto', everything, 'onnxruntime-node cpu -1 2'],
    ['auto', withoutNode, 'onnxruntime-web wasm -1 2'],
    ['web', everything, 'onnxruntime-web wasm -1 2'],
    [
      'node',
      withoutNode,
      'backend runtime node: the package onnxruntime-node is not installed. Run npm install onnxruntime-node (with ONNXRUNTIME_NODE_INSTALL=skip in the environment), or choose the runtime web.',
    ],
  ] as const)('%s with %j', async ([runtime, packages, said]) => {
    const ended = await runProgram(program(`{ runtime: '${runtime}' }`), packages);
    expect(ended).toEqual({ code: 0, stdout: `${said}\n`, stderr: '' });
  });

  // The device is only passed on here, so any object will do.
  test('webgpu without the package webgpu says what to do', async () => {
    const device = '{ runtime: "webgpu", device: { queue: {} } }';
    const ended = await runProgram(program(device), withoutNode);
    // A runtime with its own navigator.gpu would get further.
    expect(ended).toEqual({
      code: 0,
      stdout:
        'backend runtime webgpu: the package webgpu is not installed. Run npm install webgpu, or run the model on the CPU (runtime auto).\n',
      stderr: '',
    });
  });

  // The console stays empty where ONNX Runtime would warn (unused weights) or print errors that it also
  // throws.
  test.for(['node', 'web'])('%s prints nothing', async (runtime) => {
    const source = `
      import { openSession } from './src/runtime/index.js';
      import { FLOAT, INT64, initializer, model, node, unary, valueInfo } from './test/runtime/models.js';
      const options = { runtime: '${runtime}' } as const;
      const bytes = model({
        nodes: [node('Reshape', ['x', 'shape'], ['y'])],
        inputs: [valueInfo('x', FLOAT, [2]), valueInfo('shape', INT64, [1])],
        outputs: [valueInfo('y', FLOAT, ['n'])],
        initializers: [initializer('unused', FLOAT, [1], new Uint8Array(4))],
      });
      const session = await openSession({ bytes }, options);
      const run = (n: number) => session.run({ x: { data: new Float32Array(2), shape: [2] }, shape: { data: Int32Array.of(n), shape: [1] } });
      await run(2);
      await run(3).catch(() => console.log('run refused'));
      await openSession({ bytes: unary('Frobnicate', FLOAT, [1]) }, options).catch(() => console.log('load refused'));`;
    const ended = await runProgram(source, everything);
    expect(ended).toEqual({ code: 0, stdout: 'run refused\nload refused\n', stderr: '' });
  });
});

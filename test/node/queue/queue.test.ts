import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, enqueue, entries, options, pictures, root, work } from './case.js';
import { freePort, noRedis, run } from './redis.js';

describe.skipIf(noRedis)(`with a Redis${noRedis ? ` (skipped: ${noRedis})` : ''}`, () => {
  test('a run enqueued twice is in the queue once; other options make another run', async () => {
    const out = join(root, 'twice');
    const args = ['--shards', '4', ...options(out)];
    const first = await enqueue('twice', ...args);
    const second = await enqueue('twice', ...args);
    const run = /^Run ([0-9a-f]+)/.exec(first.out)?.[1];
    expect(second.out).toContain(`Run ${run}: 60 pictures in 4 shards, 0 added, 4 were there already.`);
    expect((await work('twice', '--status')).out).toContain('4 waiting');
    const third = await enqueue('twice', '--bins', '32', ...args);
    expect(third.out).toMatch(/4 shards, 4 added\.\n/);
    expect(third.out).not.toContain(run);
  });

  test('a shard that cannot be done fails with its reason, the others are done; --retry-failed puts it back', async () => {
    const out = join(root, 'poison');
    const small = join(root, 'small');
    mkdirSync(small);
    for (const name of ['00.png', '01.png', '02.png']) copyFileSync(join(pictures, name), join(small, name));
    const args = ['--shards', '3', '--attempts', '2', '--backend', 'wasm', '--out', out, small];
    await enqueue('poison', ...args);
    // A folder where the shard's summary goes: writing fails however often it is tried.
    const blocked = join(out, 'summary.2-of-3.json');
    mkdirSync(join(blocked, 'x'), { recursive: true });
    const worker = await work('poison', '--drain');
    expect(worker.code).toBe(1);
    const shard = `shard 2 of 3 of ${out}`;
    expect(worker.err).toContain(
      `onnx-cam: ${shard} failed (attempt 1 of 2, it will be tried again): ${blocked}`,
    );
    expect(worker.err).toContain(
      `onnx-cam: ${shard} failed (for good; onnx-cam work --retry-failed puts it back): ${blocked}`,
    );
    const status = (await work('poison', '--status')).out;
    expect(status).toContain('0 waiting, 0 to be retried, 0 running, 2 done, 1 failed for good.');
    expect(status).toContain(`  failed for good: ${shard}: ${blocked}: could not be written`);
    expect((await enqueue('poison', ...args)).out).toContain('1 failed for good');
    rmSync(blocked, { recursive: true });
    expect((await work('poison', '--retry-failed')).out).toBe('1 shard put back into the queue.\n');
    const waiting = enqueue('poison', '--wait', ...args);
    expect((await work('poison', '--drain')).code).toBe(0);
    expect(await waiting).toMatchObject({
      code: 0,
      out: expect.stringContaining('3 of 3 pictures explained.'),
    });
    expect(entries(out)).toHaveLength(3 * 2); // grad-cam and mi-cam
  }, 60_000);

  test('one picture is counted in the singular', async () => {
    const args = ['--backend', 'wasm', '--out', join(root, 'single'), join(pictures, '00.png')];
    expect((await enqueue('single', ...args)).out).toMatch(/^Run \w+: 1 picture in 1 shard, 1 added\.\n/);
    expect((await work('single', '--drain')).out).toContain(': 1 of 1 picture explained in ');
  }, 60_000);

  test('mistakes are reported before anything is queued', async () => {
    const out = join(root, 'refused');
    const layer = await enqueue('refused', ...options(out, '--layer', 'nowhere'));
    expect([layer.code, layer.err]).toEqual([2, expect.stringContaining('nowhere')]);
    const nothing = await enqueue('refused', '--out', out);
    expect([nothing.code, nothing.err]).toEqual([
      2,
      'onnx-cam: enqueue: expected pictures, got none. Name pictures or folders, or give --list.\n',
    ]);
    expect((await enqueue('refused', '--shards', '0', pictures)).err).toContain(
      '--shards: expected a whole number',
    );
    expect((await work('refused', '--status')).out).toContain('0 waiting');
  });

  test('a worker refuses a shard where the folder of results or the model is not that of enqueue', async () => {
    const out = join(root, 'unmounted');
    const model = join(root, 'model.onnx');
    copyFileSync(new URL('../../../models/birds.onnx', import.meta.url), model);
    const args = [
      '--attempts',
      '1',
      '--model',
      model,
      '--backend',
      'wasm',
      '--out',
      out,
      join(pictures, '00.png'),
    ];
    await enqueue('unmounted', ...args);
    rmSync(out, { recursive: true });
    const unmounted = await work('unmounted', '--drain');
    expect(unmounted.err).toContain(
      `--out: expected the folder "${out}" (enqueue made it), got none on this machine. Is the shared file system mounted?`,
    );
    mkdirSync(out);
    writeFileSync(model, 'another');
    await work('unmounted', '--retry-failed');
    expect((await work('unmounted', '--drain')).err).toContain(
      `${model}: expected the file that was enqueued, got another or none on this machine.`,
    );
  }, 60_000);
});

test('a Redis that is not running is reported at once, without its password', async () => {
  const port = await freePort();
  for (const command of ['work', 'enqueue']) {
    const { code, err } = await run([cli, command], { ONNX_CAM_REDIS: `redis://:secret@127.0.0.1:${port}` });
    expect([code, err]).toEqual([
      2,
      `onnx-cam: --redis: could not reach redis://:***@127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}. ` +
        'Start a Redis there (redis-server), or give the address of another with --redis or ONNX_CAM_REDIS.\n',
    ]);
  }
}, 20_000);

test('without the optional packages both commands say what to install, and the others work', async () => {
  const hooks = `export const resolve = async (name, context, next) => {
    if (name !== 'bullmq' && name !== 'ioredis') return next(name, context);
    throw Object.assign(new Error('no ' + name), { code: 'ERR_MODULE_NOT_FOUND' });
  };`;
  const url = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  const script = `import { register } from 'node:module'; register(${JSON.stringify(url(hooks))});`;
  const without = ['--import', url(script), cli];
  for (const command of ['work', 'enqueue']) {
    expect(await run([...without, command])).toMatchObject({
      code: 2,
      err:
        'onnx-cam: queue: the packages bullmq and ioredis (they are optional) are not installed. ' +
        'Install them where onnx-cam is: npm install bullmq ioredis.\n',
    });
  }
  expect((await run([...without, '--version'])).code).toBe(0);
}, 20_000);

test.each([
  [
    '--redis',
    'http://host',
    'expected an address as in redis://host:6379 (rediss:// with TLS), got "http://host/".',
  ],
  ['--queue', 'a:b', 'expected a name of letters, digits, ".", "_" and "-", got "a:b".'],
  ['--lease', '1', 'expected seconds from 2 to 86400, got "1".'],
])('%s %s is refused', async (option, value, text) => {
  expect((await run([cli, 'work', option, value])).err).toBe(`onnx-cam: ${option}: ${text}\n`);
});

// Uses the installed package as its users do: TypeScript old and new, CommonJS, esbuild, Vite.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'esbuild';

/** node_modules/onnx-cam comes from the tarball, everything else from the checkout. */
function install(root, folder, tarball) {
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'onnx-cam');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return installed;
}

/** Without skipLibCheck: the package's declarations are checked too. */
function compile(root, folder) {
  cpSync(join(root, 'test/types'), folder, { recursive: true });
  const compilers = { 'TypeScript 7': 'typescript', 'TypeScript 5': 'typescript-5' };
  const ways = {
    nodenext: ['nodenext', 'consumer.ts', 'commonjs.cts'],
    node16: ['node16', 'consumer.ts', 'dynamic-import.cts'],
    bundler: ['esnext', 'consumer.ts'],
    node10: ['commonjs', 'consumer.ts', 'commonjs.cts'], // TypeScript 7 no longer has it
  };
  for (const [compiler, name] of Object.entries(compilers))
    for (const [resolution, [module, ...files]] of Object.entries(ways)) {
      if (resolution === 'node10' && name === 'typescript') continue;
      const tsc = join(root, 'node_modules', name, 'bin/tsc');
      const target = ['--target', 'es2022', '--lib', 'es2022,dom,dom.iterable', '--types', 'node'];
      const options = [
        '--strict',
        '--noEmit',
        '--module',
        module,
        '--moduleResolution',
        resolution,
        ...target,
      ];
      execFileSync(process.execPath, [tsc, ...options, ...files], { cwd: folder, stdio: 'inherit' });
      console.log(`types: ${files.join(', ')} (${compiler}, ${resolution})`);
    }
}

function expect(condition, what) {
  if (!condition) throw new Error(what);
  console.log(what);
}

/** Runs a program (the first lines of the README); returns its output and whether it succeeded. */
function run(folder, file) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
  return { ok: status === 0, text: stdout + stderr };
}

function snippet(root) {
  const [model, picture] = ['models/birds.onnx', 'examples/birds/bird-00.png'].map((file) =>
    join(root, file),
  );
  const at = [model, picture].map((path) => JSON.stringify(path)).join(', ');
  return `
    const { target, save } = await explain(${at}, { backend: 'wasm', runtime: 'web' });
    await save('heat.png');
    console.log(target.label);`;
}

async function programs(root, folder) {
  const code = `import { explain } from 'onnx-cam/node';${snippet(root)}`;
  writeFileSync(join(folder, 'snippet.js'), code);
  const plain = run(folder, 'snippet.js');
  expect(plain.ok && /bird/.test(plain.text), 'node: the snippet explains and saves');

  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)) {
    const commonJs = `const { explain } = require('onnx-cam/node');(async () => {${snippet(root)}})()`;
    writeFileSync(join(folder, 'snippet.cjs'), commonJs);
    expect(run(folder, 'snippet.cjs').ok, 'node: require() of the ES modules');
  }

  const options = {
    entryPoints: [join(folder, 'snippet.js')],
    bundle: true,
    platform: 'node',
    format: 'esm',
  };
  await bundle({ ...options, outfile: join(folder, 'bundle.mjs'), logLevel: 'error' });
  expect(run(folder, 'bundle.mjs').ok, 'esbuild: a bundle beside node_modules explains and saves');
  mkdirSync(join(folder, '../alone'));
  cpSync(join(folder, 'bundle.mjs'), join(folder, '../alone/bundle.mjs'));
  const alone = run(join(folder, '../alone'), 'bundle.mjs');
  expect(
    !alone.ok && alone.text.includes('A bundle needs it in node_modules'),
    'esbuild: a bundle without sharp beside it says what it lacks',
  );
}

/** The files that a page of examples/vite ships. */
async function page(root, folder, installed) {
  const site = join(folder, 'site');
  for (const part of ['examples/vite', 'examples/birds/bird-00.png'])
    cpSync(join(root, part), join(site, part), { recursive: true });
  cpSync(join(installed, 'models'), join(site, 'models'), { recursive: true });
  const { build } = await import('vite');
  await build({ root: join(site, 'examples/vite'), logLevel: 'error' });
  const assets = join(site, 'examples/vite/dist/assets');
  const files = readdirSync(assets).map((name) => ({ name, bytes: readFileSync(join(assets, name)) }));
  const runtimes = files.filter(({ name }) => name.endsWith('.wasm'));
  expect(runtimes.length === 1, `vite: one .wasm, ${runtimes.map(({ name }) => name).join(', ')}`);
  const size = (bytes) =>
    `${(bytes.length / 1e6).toFixed(2)} MB, ${(gzipSync(bytes).length / 1e6).toFixed(2)} gzip`;
  const all = (ending) =>
    Buffer.concat(files.filter(({ name }) => name.endsWith(ending)).map((file) => file.bytes));
  for (const ending of ['.wasm', '.js']) console.log(`vite: ${ending} in all: ${size(all(ending))}`);
}

/** Prints each check; throws if one fails. */
export async function checkConsumers(root, folder, tarball) {
  const installed = install(root, folder, tarball);
  await programs(root, folder);
  await page(root, folder, installed);
  compile(root, folder);
}

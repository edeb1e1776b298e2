// Turns every shader of this folder and the compiled twins into typed sources under src/generated/.
//
// Rules of a shader, each checked here with file and line:
//   const WORKGROUP = <n>u;  struct Params { one field per line };
//   one entry point `main` of @workgroup_size(WORKGROUP)
//   binding 0 `var<uniform> params: Params`, then inputs `var<storage, read>`, last the one output
//   `var<storage, read_write>`
//   storage is array<f32 | i32 | u32>; an output may be atomic, and is 0 at first then; an input may be
//   vec4u; uniforms are u32, i32 or f32
//   the first line reads `// <kernelName>: <formula>`
//   `#import "shared/<name>.wgsl"` adds what shaders share (imports.mjs)
//   `override NAME = <n>u;` is set by the plan of each call, `override NAME = <expression>;` follows from
//   such; the backend lowers WORKGROUP and WORDS, the length of an array in workgroup memory, both powers of
//   two, to what the device has
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { resolveImports, sharedFiles } from './imports.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const DTYPES = { f32: 'float32', i32: 'int32', u32: 'uint32' };

export const camelCase = (file) => file.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());

/**
 * Reads one shader's interface. Throws an Error that starts with `file:line:` when it breaks a convention.
 */
export function readShader(file, source, shared = sharedFiles()) {
  const name = camelCase(file.replace(/^.*\//, '').replace(/\.wgsl$/, ''));
  const lineOf = (index) => source.slice(0, index).split('\n').length;
  const fail = (index, message) => {
    throw new Error(`${file}:${lineOf(index)}: ${message}`);
  };
  const only = (pattern, what) => {
    const found = [...source.matchAll(pattern)];
    if (found.length !== 1) fail(found[1]?.index ?? 0, `expected exactly one ${what}, got ${found.length}.`);
    return found[0];
  };

  if (!source.startsWith(`// ${name}: `)) fail(0, `the first line must read «// ${name}: <formula>».`);
  const workgroup = Number(only(/^(?:const|override) WORKGROUP = (\d+)u;/gm, '«const WORKGROUP = <n>u;»')[1]);
  const overrides = [...source.matchAll(/^override (\w+) = \d+u;/gm)].map((found) => found[1]);
  const entry = only(/@compute @workgroup_size\(([^)]*)\)\s*fn (\w+)/g, 'entry point');
  if (entry[1] !== 'WORKGROUP' || entry[2] !== 'main') {
    fail(entry.index, `the entry point must be «@compute @workgroup_size(WORKGROUP) fn main».`);
  }

  const struct = only(/struct Params \{([^}]*)\}/g, '«struct Params»');
  const params = struct[1].split('\n').flatMap((line, row) => {
    const text = line.replace(/\/\/.*/, '').trim();
    if (text === '') return [];
    const field = /^(\w+): (u32|i32|f32),$/.exec(text);
    if (!field) fail(struct.index, `Params, line ${row}: expected «name: u32|i32|f32,», got «${text}».`);
    return [{ name: field[1], type: field[2] }];
  });

  const bindings = [...source.matchAll(/^@group\((\d+)\) @binding\((\d+)\) var<([^>]*)> (\w+): (.*);/gm)];
  bindings.forEach(({ index, 1: group, 2: binding }, order) => {
    if (group !== '0' || Number(binding) !== order)
      fail(index, `expected @group(0) @binding(${order}), in order.`);
  });
  for (const { index } of source.matchAll(/^(?!\s*\/\/).*@binding\(/gm)) {
    if (!bindings.some((found) => found.index === index))
      fail(index, 'expected a binding on one line: «@group(0) @binding(n) var<…> name: type;».');
  }
  const [uniform, ...storage] = bindings;
  if (uniform?.[3] !== 'uniform' || uniform[4] !== 'params' || uniform[5] !== 'Params') {
    fail(uniform?.index ?? 0, 'binding 0 must be «var<uniform> params: Params».');
  }
  const buffers = storage.map((found, order) => {
    const { index, 3: access, 4: buffer, 5: type } = found;
    const last = order === storage.length - 1;
    const wanted = last ? 'storage, read_write' : 'storage, read';
    if (access !== wanted)
      fail(index, `«${buffer}»: expected var<${wanted}> (inputs first, then the one output).`);
    const element = /^array<(?:(f32|i32|u32)|atomic<(i32|u32)>|(vec4u))>$/.exec(type);
    if (!element || (element[2] && !last) || (element[3] && last))
      fail(index, `«${buffer}»: expected array<f32 | i32 | u32>, got ${type}.`);
    return {
      name: buffer,
      dtype: DTYPES[element[1] ?? element[2] ?? 'u32'],
      ...(element[2] && { zeroed: true }),
    };
  });
  if (buffers.length < 2) fail(0, 'expected at least one input and one output.');

  return {
    name,
    file,
    workgroup,
    params,
    ...(overrides.length > 0 && { overrides }),
    inputs: buffers.slice(0, -1),
    output: buffers.at(-1),
    code: resolveImports(file, source, shared),
  };
}

/** A text's own part, and those that it imports, each with the line break before its mark. */
const partsOf = (code) => code.split(/(?=\n\/\/# )/);

export function shaderFiles() {
  return readdirSync(join(root, 'kernels'))
    .filter((file) => file.endsWith('.wgsl'))
    .sort();
}

/** The module that an asconfig describes and puts at `assembly/build/<name>.wasm`. */
function compile(config, name, entries = []) {
  const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
  execFileSync(process.execPath, [asc, ...entries, '--config', join(root, config), '--baseDir', root], {
    cwd: root,
    stdio: 'inherit',
  });
  return readFileSync(join(root, `assembly/build/${name}.wasm`));
}

/** The declared kernels by name, and their operations with the shaders' formulas and the inputs' names. */
function operations(shaders) {
  const declared = shaders.filter(({ file }) => existsSync(join(root, 'src', file.replace('.wgsl', '.ts'))));
  const imports = declared.map(
    ({ name, file }) => `import { ${name} } from '../${file.replace('.wgsl', '.js')}';\n`,
  );
  const methods = declared.map(({ name, file, inputs }) => {
    const comment = readFileSync(join(root, file), 'utf8').split(/^\/\/$|^$/m)[0];
    const formula = comment
      .replace(/^\/\/ /gm, '')
      .slice(name.length + 2)
      .trim()
      .replaceAll('\n', ' ');
    const labels = inputs.map((input) => `${input.name}: '${input.name}'`).join(', ');
    return `  /** ${formula} */\n  readonly ${name}: Operation<typeof ${name}, [${labels}]>;\n`;
  });
  return `${imports.join('')}import type { Operation } from '../kernels/operation.js';\n
/** The kernels by name. */
export const kernels = { ${declared.map(({ name }) => name).join(', ')} };\n
/** The kernels as functions on one backend. */
export interface KernelOps {\n${methods.join('')}}\n`;
}

function build() {
  const out = join(root, 'src/generated');
  mkdirSync(out, { recursive: true });
  const shaders = shaderFiles().map((file) =>
    readShader(`kernels/${file}`, readFileSync(join(root, 'kernels', file), 'utf8')),
  );
  const constants = shaders.map(
    ({ code, ...shader }) =>
      `export const ${shader.name} = ${JSON.stringify(shader)} as const satisfies Shader;\n`,
  );
  const head = '// Made by kernels/build.mjs.\n';
  writeFileSync(
    join(out, 'shaders.ts'),
    `${head}import type { Shader } from '../backends/backend.js';\n\n${constants.join('\n')}`,
  );
  // A file of their own: who computes on WebAssembly does not load them.
  // A text that several shaders import stands there once.
  const imported = [...new Set(shaders.flatMap(({ code }) => partsOf(code).slice(1)))];
  const expression = ({ code }) =>
    [
      JSON.stringify(partsOf(code)[0]),
      ...partsOf(code)
        .slice(1)
        .map((part) => `shared[${imported.indexOf(part)}]`),
    ].join(' + ');
  const texts = shaders.map((shader) => `  ${JSON.stringify(shader.file)}: ${expression(shader)},\n`);
  writeFileSync(
    join(out, 'wgsl.ts'),
    `${head}const shared = ${JSON.stringify(imported)};\n
/** The shaders' texts by file. */
export const wgsl: Readonly<Record<string, string>> = {\n${texts.join('')}};\n`,
  );

  writeFileSync(join(out, 'ops.ts'), head + operations(shaders));

  const twins = shaders
    .map(({ file }) => file.replace('kernels/', 'assembly/').replace('.wgsl', '.ts'))
    .filter((file) => existsSync(join(root, file)));
  const wasm = compile('asconfig.json', 'kernels', ['assembly/memory.ts', ...twins]);
  // Compressed before it becomes text: compression finds nothing any more in base64, of which three bytes are
  // four letters.
  writeFileSync(
    join(out, 'wasm.ts'),
    `${head}const BASE64 =\n  '${deflateSync(wasm, { level: 9 }).toString('base64')}';\n
/** The compiled twins, ${wasm.length} bytes. */
export const wasmBytes = async (): Promise<BufferSource> => {
  const packed = Uint8Array.from(atob(BASE64), (c) => c.charCodeAt(0));
  // Node, at once: to make a Response it would load all that fetch is made of.
  const zlib = globalThis.process?.getBuiltinModule?.('node:zlib');
  if (zlib) return new Uint8Array(zlib.inflateSync(packed));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'))).arrayBuffer();
};\n`,
  );
  // Unpacked without waiting, so not deflated here; hexadecimal, because a page's own compression still sees
  // its bytes.
  const image = compile('assembly/image/asconfig.json', 'image');
  writeFileSync(
    join(out, 'image-wasm.ts'),
    `${head}const HEX =\n  '${image.toString('hex')}';\n
/** The compiled functions of assembly/image, ${image.length} bytes. */
export const imageWasm = (): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(HEX.match(/../g)!, (byte) => Number.parseInt(byte, 16));\n`,
  );
  console.log(`${shaders.length} shaders, ${wasm.length} + ${image.length} bytes of WebAssembly`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();

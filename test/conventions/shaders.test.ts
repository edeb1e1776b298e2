import { describe, expect, test } from 'vitest';
import { camelCase, readShader, shaderFiles } from '../../kernels/build.mjs';
import { sourceLine } from '../../src/backends/source-line.js';
import * as generated from '../../src/generated/shaders.js';
import { wgsl } from '../../src/generated/wgsl.js';
import { readText } from './files.js';

const GOOD = `// scale: y[i] = factor · x[i] / Σ weights
const WORKGROUP = 64u;

struct Params {
  count: u32, // values
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>; // [count]
@group(0) @binding(2) var<storage, read> weights: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = params.factor * x[id.x];
}
`;

test('a valid shader is read completely', () => {
  const { code, ...rest } = readShader('kernels/scale.wgsl', GOOD);
  expect(rest).toEqual({
    name: 'scale',
    file: 'kernels/scale.wgsl',
    workgroup: 64,
    params: [
      { name: 'count', type: 'u32' },
      { name: 'factor', type: 'f32' },
    ],
    inputs: [
      { name: 'x', dtype: 'float32' },
      { name: 'weights', dtype: 'uint32' },
    ],
    output: { name: 'y', dtype: 'float32' },
  });
  expect(code.split('\n').slice(0, 5)).toEqual([
    '',
    'const WORKGROUP = 64u;',
    '',
    'struct Params {',
    '  count: u32,',
  ]);
});

test.for(shaderFiles())('kernels/%s keeps the conventions, and its build is up to date', (file) => {
  const { code, ...shader } = readShader(`kernels/${file}`, readText(`kernels/${file}`));
  const built: Readonly<Record<string, unknown>> = generated;
  expect(built[camelCase(file.replace('.wgsl', ''))], 'run node kernels/build.mjs').toEqual(shader);
  expect(wgsl[`kernels/${file}`], 'run node kernels/build.mjs').toBe(code);
});

test('nothing is built without a shader', () => {
  expect(Object.keys(generated).sort()).toEqual(
    shaderFiles()
      .map((file) => camelCase(file.replace('.wgsl', '')))
      .sort(),
  );
  expect(Object.keys(wgsl)).toEqual(shaderFiles().map((file) => `kernels/${file}`));
});

// One case per rule: the rule, the text to replace in the good shader, its replacement, and the message from
// the line number on.
const broken: readonly (readonly [string, string | RegExp, string, string])[] = [
  [
    'the first line names the kernel',
    '// scale: ',
    '// scales: ',
    '1: the first line must read «// scale: <formula>».',
  ],
  [
    'there is a workgroup size',
    'const WORKGROUP = 64u;',
    '',
    '1: expected exactly one «const WORKGROUP = <n>u;», got 0.',
  ],
  [
    'there is one workgroup size',
    'const WORKGROUP = 64u;\n',
    'const WORKGROUP = 64u;\nconst WORKGROUP = 32u;',
    '3: expected exactly one «const WORKGROUP = <n>u;», got 2.',
  ],
  ['there is an entry point', '@compute ', '', '1: expected exactly one entry point, got 0.'],
  [
    'there is one entry point',
    /$/,
    '@compute @workgroup_size(WORKGROUP)\nfn second() {}\n',
    '18: expected exactly one entry point, got 2.',
  ],
  [
    'the entry point uses the workgroup size',
    'size(WORKGROUP)',
    'size(64)',
    '14: the entry point must be «@compute @workgroup_size(WORKGROUP) fn main».',
  ],
  [
    'the entry point is main',
    'fn main',
    'fn run',
    '14: the entry point must be «@compute @workgroup_size(WORKGROUP) fn main».',
  ],
  ['there are Params', 'struct Params', 'struct Uniforms', '1: expected exactly one «struct Params», got 0.'],
  [
    'a uniform is one number',
    'factor: f32,',
    'factor: vec2f,',
    '4: Params, line 2: expected «name: u32|i32|f32,», got «factor: vec2f,».',
  ],
  [
    'a uniform has its own line',
    'count: u32, // values\n  factor: f32,',
    'count: u32, factor: f32,',
    '4: Params, line 1: expected «name: u32|i32|f32,», got «count: u32, factor: f32,».',
  ],
  ['bindings are in order', '@binding(1)', '@binding(2)', '10: expected @group(0) @binding(1), in order.'],
  [
    'bindings are in group 0',
    '@group(0) @binding(2)',
    '@group(1) @binding(2)',
    '11: expected @group(0) @binding(2), in order.',
  ],
  [
    'a binding is on one line, as written here',
    '@group(0) @binding(3)',
    '@binding(3) @group(0)',
    '12: expected a binding on one line: «@group(0) @binding(n) var<…> name: type;».',
  ],
  [
    'the uniforms come first',
    'var<uniform> params: Params',
    'var<uniform> uniforms: Params',
    '9: binding 0 must be «var<uniform> params: Params».',
  ],
  [
    'there is one output',
    'var<storage, read> weights',
    'var<storage, read_write> weights',
    '11: «weights»: expected var<storage, read> (inputs first, then the one output).',
  ],
  [
    'the output comes last',
    'var<storage, read_write> y',
    'var<storage, read> y',
    '12: «y»: expected var<storage, read_write> (inputs first, then the one output).',
  ],
  [
    'storage holds numbers',
    'x: array<f32>',
    'x: array<vec4f>',
    '10: «x»: expected array<f32 | i32 | u32>, got array<vec4f>.',
  ],
  [
    'inputs are not atomic',
    'weights: array<u32>',
    'weights: array<atomic<u32>>',
    '11: «weights»: expected array<f32 | i32 | u32>, got array<atomic<u32>>.',
  ],
  [
    'there is an input',
    /@group\(0\) @binding\(1\).*\n.*\n.*@binding\(3\)/,
    '@group(0) @binding(1)',
    '1: expected at least one input and one output.',
  ],
];

describe('a broken rule is refused with file and line', () => {
  test.for(broken)('%s', ([, from, to, message]) => {
    const source = GOOD.replace(from, to);
    expect(source).not.toBe(GOOD);
    expect(() => readShader('kernels/scale.wgsl', source)).toThrow(
      new Error(`kernels/scale.wgsl:${message}`),
    );
  });
});

test('an output may be atomic; then it is 0 at first', () => {
  const source = GOOD.replace('y: array<f32>', 'y: array<atomic<u32>>');
  expect(readShader('kernels/scale.wgsl', source).output).toEqual({
    name: 'y',
    dtype: 'uint32',
    zeroed: true,
  });
});

describe('an import', () => {
  const shared = {
    'shared/half.wgsl':
      '// Halves.\n//\n// The importing shader declares: Number\n\nfn half(x: Number) -> Number {\n  return x / 2;\n}\n',
  };
  const good = GOOD.replace(
    '@compute',
    '#import "shared/half.wgsl"\nalias Number = f32;\n\n@compute',
  ).replace('params.factor * x[id.x]', 'half(x[id.x])');
  const read = (source: string) => readShader('kernels/scale.wgsl', source, shared).code;

  test('adds the file after the shader, whose lines keep their numbers', () => {
    const lines = read(good).split('\n');
    const own = good.trimEnd().split('\n');
    expect(lines.slice(0, own.length)).toEqual(
      own.map((line) => (line.startsWith('#import') ? '' : line.replace(/\/\/.*/, '').trimEnd())),
    );
    expect(lines.slice(own.length)).toEqual([
      '//# kernels/shared/half.wgsl',
      '',
      '',
      '',
      '',
      'fn half(x: Number) -> Number {',
      '  return x / 2;',
      '}',
    ]);
    expect(sourceLine(read(good), 'kernels/scale.wgsl', own.length)).toEqual({
      file: 'kernels/scale.wgsl',
      line: own.length,
    });
    expect(sourceLine(read(good), 'kernels/scale.wgsl', own.length + 7)).toEqual({
      file: 'kernels/shared/half.wgsl',
      line: 6,
    });
  });

  test.for([
    ['no file', 'half.wgsl', 'hlaf.wgsl', '14: no file kernels/shared/hlaf.wgsl. There is shared/half.wgsl.'],
    ['no path', '"shared/half.wgsl"', 'half', '14: expected «#import "shared/<name>.wgsl"».'],
    [
      'a declaration that is missing',
      'alias Number',
      'alias Numeral',
      '14: expected a declaration of «Number», which kernels/shared/half.wgsl uses.',
    ],
    [
      'an import that is missing',
      '#import "shared/half.wgsl"',
      '',
      '19: «half» is declared in kernels/shared/half.wgsl: write «#import "shared/half.wgsl"» above.',
    ],
  ] as const)('%s is told with file and line', ([, from, to, message]) => {
    expect(() => read(good.replace(from, to))).toThrow(new Error(`kernels/scale.wgsl:${message}`));
  });

  test('a function of that name that the shader declares itself is none', () => {
    const own = `${GOOD}\nfn half(x: f32) -> f32 { return x / 2; }\nfn quarter(x: f32) -> f32 { return half(x) / 2; }\n`;
    expect(read(own)).not.toContain('//#');
  });
});

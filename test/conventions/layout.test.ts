import { describe, expect, test } from 'vitest';
import { camelCase } from '../../kernels/build.mjs';
import { filesIn, readText } from './files.js';

/** The files that may belong to a kernel, as names without folder and ending. */
interface KernelFiles {
  readonly shaders: readonly string[];
  readonly wrappers: readonly string[];
  readonly twins: readonly string[];
  readonly tests: readonly string[];
  readonly benches: readonly string[];
}

/** Missing files, and files that belong to no kernel. The shader defines the kernel; the others follow it. */
function misplaced({ shaders, wrappers, twins, tests, benches }: KernelFiles): string[] {
  const missing = shaders.flatMap((name) => [
    ...(wrappers.includes(name) ? [] : [`${name}: no wrapper src/kernels/${name}.ts`]),
    ...(twins.includes(name) ? [] : [`${name}: no twin assembly/${name}.ts`]),
    ...(tests.includes(name) ? [] : [`${name}: no test test/kernels/${name}.test.ts`]),
    ...(benches.includes(name) ? [] : [`${name}: no bench bench/${name}.bench.ts`]),
  ]);
  const orphans = (folder: string, names: readonly string[], belongs: (name: string) => boolean) =>
    names.filter((name) => !belongs(name)).map((name) => `${folder}/${name}: belongs to no kernel`);
  const isKernel = (name: string) => shaders.includes(name);
  return [
    ...missing,
    ...orphans('src/kernels', wrappers, isKernel),
    ...orphans('assembly', twins, isKernel),
    // A kernel with many tests may have test/kernels/<name>-<what>.test.ts besides the test of its name.
    ...orphans('test/kernels', tests, (name) => shaders.some((s) => name === s || name.startsWith(`${s}-`))),
  ];
}

const names = (folder: string, ending: string) =>
  filesIn(folder, ending, 'flat').map((path) => path.slice(folder.length + 1, -ending.length));

const source = (folder: string, name: string) => readText(`${folder}/${name}.ts`);
const shaders = names('kernels', '.wgsl');
const exported = [...source('assembly', 'index').matchAll(/export \{ (\w+) \} from '\.\/(.+)';/g)];

const kernelFiles: KernelFiles = {
  shaders,
  // The folder also holds code that wrappers share. Only wrappers define a kernel.
  wrappers: names('src/kernels', '.ts').filter((name) =>
    /= defineKernel\(/.test(source('src/kernels', name)),
  ),
  twins: exported.map(([, , file]) => file),
  tests: names('test/kernels', '.test.ts'),
  benches: names('bench', '.bench.ts'),
};

test('each kernel has its five files, and no file is without a kernel', () => {
  expect(shaders.length).toBeGreaterThanOrEqual(7);
  expect(misplaced(kernelFiles)).toEqual([]);
});

test.for(shaders)('%s: wrapper and twin have the name of the file and define nothing else', (name) => {
  const defined = [...source('src/kernels', name).matchAll(/(\w+) = defineKernel\((\w+)/g)];
  expect(defined.map(([, kernel]) => kernel)).toEqual([camelCase(name)]);
  expect(source('src/kernels', name)).toContain(
    `import { ${camelCase(name)} as shader } from '../generated/shaders.js'`,
  );
  const functions = [...source('assembly', name).matchAll(/^export function (\w+)/gm)];
  expect(functions.map(([, twin]) => twin)).toEqual([camelCase(name)]);
  expect(exported.find(([, , file]) => file === name)?.[1]).toBe(camelCase(name));
});

test('every file of assembly is a twin, the index, or imported by another', () => {
  const files = names('assembly', '.ts');
  const imported = files.flatMap((name) =>
    [...source('assembly', name).matchAll(/from '\.\/(.+)'/g)].map(([, file]) => file),
  );
  expect(files.filter((name) => name !== 'index' && !imported.includes(name))).toEqual([]);
});

describe('missing and misplaced files are named', () => {
  const whole: KernelFiles = {
    shaders: ['a'],
    wrappers: ['a'],
    twins: ['a'],
    tests: ['a', 'a-edges'],
    benches: ['a', 'flow'],
  };
  test.for<readonly [Partial<KernelFiles>, string[]]>([
    [{}, []],
    [{ wrappers: [] }, ['a: no wrapper src/kernels/a.ts']],
    [{ twins: [] }, ['a: no twin assembly/a.ts']],
    [{ tests: ['a-edges'] }, ['a: no test test/kernels/a.test.ts']],
    [{ benches: ['flow'] }, ['a: no bench bench/a.bench.ts']],
    [{ wrappers: ['a', 'b'] }, ['src/kernels/b: belongs to no kernel']],
    [{ twins: ['a', 'b'] }, ['assembly/b: belongs to no kernel']],
    [{ tests: ['a', 'b'] }, ['test/kernels/b: belongs to no kernel']],
  ])('%j', ([change, expected]) => {
    expect(misplaced({ ...whole, ...change })).toEqual(expected);
  });
});

import { describe, expect, test } from 'vitest';
import { camelCase } from '../../kernels/build.mjs';
import { filesIn, readText } from './files.js';

/** The files that may belong to a kernel, as names without folder and ending. */
interface KernelFiles {
  readonly shaders: readonly string[];
  readonly twins: readonly string[];
  readonly declarations: readonly string[];
  readonly references: readonly string[];
  readonly tests: readonly string[];
}

/**
 * Missing files, each with what to write, and files that belong to no kernel. The shader defines the kernel;
 * the others follow it.
 */
function misplaced({ shaders, twins, declarations, references, tests }: KernelFiles): string[] {
  const missing = shaders.flatMap((name) => {
    const kernel = camelCase(name);
    const files: readonly (readonly [readonly string[], string])[] = [
      [
        twins,
        `assembly/${name}.ts with «export function ${kernel}(…)», the same computation in AssemblyScript; it takes the shader's uniforms, inputs and output`,
      ],
      [
        declarations,
        `src/kernels/${name}.ts with «export const ${kernel} = defineKernel(shader, { the rank of each input and of the output }, (shapes, options) => the call)»`,
      ],
      [
        references,
        `src/reference/${name}.ts with «export function ${kernel}(…)», the formula in float64, as one writes it first`,
      ],
      [
        tests,
        `test/kernels/${name}.test.ts, which holds shader and twin against the reference, with its bound`,
      ],
    ];
    return files.flatMap(([there, what]) => (there.includes(name) ? [] : [`${name}: write ${what}`]));
  });
  const orphans = (folder: string, names: readonly string[], belongs: (name: string) => boolean) =>
    names
      .filter((name) => !belongs(name))
      .map((name) => `${folder}/${name}: belongs to no kernel; write kernels/${name}.wgsl, or delete it`);
  const isKernel = (name: string) => shaders.includes(name);
  return [
    ...missing,
    ...orphans('src/kernels', declarations, isKernel),
    ...orphans('assembly', twins, isKernel),
    ...orphans('src/reference', references, (name) => isKernel(name) || composed.includes(name)),
    // A kernel with many tests may have test/kernels/<name>-<what>.test.ts besides the test of its name.
    ...orphans('test/kernels', tests, (name) => shaders.some((s) => name === s || name.startsWith(`${s}-`))),
  ];
}

const names = (folder: string, ending: string) =>
  filesIn(folder, ending, 'flat').map((path) => path.slice(folder.length + 1, -ending.length));

const source = (folder: string, name: string) => readText(`${folder}/${name}.ts`);
const shaders = names('kernels', '.wgsl');
const composed = names('src/kernels/composed', '.ts');
const twinOf = (name: string) => new RegExp(`^export function ${camelCase(name)}\\(`, 'm');

const kernelFiles: KernelFiles = {
  shaders,
  // The folders also hold what twins, declarations and references share.
  twins: names('assembly', '.ts').filter((name) => twinOf(name).test(source('assembly', name))),
  declarations: names('src/kernels', '.ts').filter((name) =>
    /= defineKernel\(/.test(source('src/kernels', name)),
  ),
  references: names('src/reference', '.ts'),
  tests: names('test/kernels', '.test.ts'),
};

test('each kernel has its five files, and no file is without a kernel', () => {
  expect(shaders.length).toBeGreaterThanOrEqual(7);
  const own = (name: string) => shaders.includes(name);
  expect(misplaced({ ...kernelFiles, twins: kernelFiles.twins.filter(own) })).toEqual([]);
});

test.for(shaders)('%s: the files of the name hold the kernel and nothing else', (name) => {
  const kernel = camelCase(name);
  const declaration = source('src/kernels', name);
  expect(declaration).toMatch(new RegExp(`^export const ${kernel} = defineKernel\\(\\s*shader,`, 'm'));
  expect(declaration).toContain(`import { ${kernel} as shader } from '../generated/shaders.js'`);
  const functions = [...source('assembly', name).matchAll(/^export function (\w+)/gm)];
  expect(functions.map(([, twin]) => twin)).toEqual([kernel]);
  expect(source('src/reference', name)).toMatch(twinOf(name));
});

test('every file of assembly is a twin, the allocator, or imported by another', () => {
  const files = names('assembly', '.ts');
  const imported = files.flatMap((name) =>
    [...source('assembly', name).matchAll(/from '\.\/(.+)'/g)].map(([, file]) => file),
  );
  const known = [...shaders, 'memory', ...imported];
  expect(files.filter((name) => !known.includes(name))).toEqual([]);
});

describe('missing and misplaced files are named, with what to write', () => {
  const whole: KernelFiles = {
    shaders: ['a-b'],
    twins: ['a-b'],
    declarations: ['a-b'],
    references: ['a-b'],
    tests: ['a-b', 'a-b-edges'],
  };
  test.for<readonly [Partial<KernelFiles>, RegExp[]]>([
    [{}, []],
    [{ twins: [] }, [/^a-b: write assembly\/a-b\.ts with «export function aB\(…\)», the same computation/]],
    [
      { declarations: [] },
      [/^a-b: write src\/kernels\/a-b\.ts with «export const aB = defineKernel\(shader, /],
    ],
    [{ references: [] }, [/^a-b: write src\/reference\/a-b\.ts with «export function aB\(…\)», the formula/]],
    [{ tests: ['a-b-edges'] }, [/^a-b: write test\/kernels\/a-b\.test\.ts, which holds shader and twin/]],
    [{ declarations: ['a-b', 'c'] }, [/^src\/kernels\/c: belongs to no kernel; write kernels\/c\.wgsl, or/]],
    [{ twins: ['a-b', 'c'] }, [/^assembly\/c: belongs to no kernel/]],
    [{ references: ['a-b', 'c'] }, [/^src\/reference\/c: belongs to no kernel/]],
    [{ tests: ['a-b', 'c'] }, [/^test\/kernels\/c: belongs to no kernel/]],
  ])('%j', ([change, expected]) => {
    const found = misplaced({ ...whole, ...change });
    expect(found).toHaveLength(expected.length);
    expected.forEach((message, i) => {
      expect(found[i]).toMatch(message);
    });
  });
});

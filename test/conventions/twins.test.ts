import { expect, test } from 'vitest';
import type { Shader } from '../../src/backends/backend.js';
import * as shaders from '../../src/generated/shaders.js';
import { readText } from './files.js';

type Argument = readonly [name: string, type: string];

/** The functions that the AssemblyScript compiler exports, with the arguments that it documents. */
function exportsOf(declarations: string): Map<string, Argument[]> {
  const found = new Map<string, Argument[]>();
  for (const [, comment, name, list] of declarations.matchAll(
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export function (\w+)\(([^)]*)\)/g,
  )) {
    const types = new Map(
      [...comment.matchAll(/@param (\w+) `(\w+)`/g)].map((match) => [match[1], match[2]]),
    );
    const names = [...list.matchAll(/(\w+): number/g)].map((match) => match[1]);
    found.set(
      name,
      names.map((argument) => [argument, types.get(argument) ?? 'undocumented']),
    );
  }
  return found;
}

/** The arguments of a shader's twin: its uniforms, then a pointer for every buffer. */
const argumentsOf = ({ params, inputs, output }: Shader): Argument[] => [
  ...params.map(({ name, type }): Argument => [name, type]),
  ...[...inputs, output].map(({ name }): Argument => [name, 'usize']),
];

const exported = exportsOf(readText('assembly/build/kernels.d.ts'));

test.for(Object.values<Shader>(shaders).map((shader) => [shader.name, shader] as const))(
  "the twin of %s takes the shader's uniforms, inputs and output, in this order",
  ([name, shader]) => {
    expect(exported.get(name)).toEqual(argumentsOf(shader));
  },
);

test('only the twins and the allocator are exported', () => {
  expect([...exported.keys()].sort()).toEqual(['alloc', 'free', ...Object.keys(shaders)].sort());
});

test('a twin with swapped or renamed arguments, or with another type, does not fit', () => {
  const declare = (params: string, list: string) =>
    exportsOf(`/**\n * a/b\n${params} */\n export function relu(${list}): void;`).get('relu');
  const param = (name: string, type: string) => ` * @param ${name} \`${type}\`\n`;
  const wanted = argumentsOf(shaders.relu);
  const good = param('count', 'u32') + param('x', 'usize') + param('y', 'usize');
  expect(declare(good, 'count: number, x: number, y: number')).toEqual(wanted);
  expect(declare(good, 'count: number, y: number, x: number')).not.toEqual(wanted);
  expect(declare(good.replace('u32', 'i32'), 'count: number, x: number, y: number')).not.toEqual(wanted);
  expect(declare(good, 'length: number, x: number, y: number')).not.toEqual(wanted);
  expect(declare(good, 'count: number, x: number')).not.toEqual(wanted);
});

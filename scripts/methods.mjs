// Writes src/generated/added-methods.ts: the methods of src/methods that names.ts does not list. They take no
// options, and run after those that it lists.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'src/methods');
const listed = readFileSync(join(folder, 'names.ts'), 'utf8');

/** `export const sumCam = {` with `name: 'sum-cam',` as its first field, whatever its type. */
const METHOD = /^export const (\w+)[^=]*= \{\n {2}name: '([a-z][a-z0-9+-]*)',/gm;

const added = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .sort()
  .flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(METHOD)]
      .filter(([, , name]) => !listed.includes(`'${name}'`))
      .map(([, variable, name]) => ({ file, variable, name })),
  );

const written = (name, lines) => {
  mkdirSync(join(root, 'src/generated'), { recursive: true });
  writeFileSync(
    join(root, 'src/generated', name),
    `${['// Written by scripts/methods.mjs.', ...lines].join('\n')}\n`,
  );
};
// Names alone: who lists methods loads none.
written('added-method-names.ts', [
  `export const addedMethodNames = [${added.map(({ name }) => `'${name}'`).join(', ')}] as const;`,
]);
written('added-methods.ts', [
  ...added.map(
    ({ file, variable }) => `import { ${variable} } from '../methods/${file.replace('.ts', '.js')}';`,
  ),
  `export const addedMethods = {${added.map(({ name, variable }) => `\n  '${name}': ${variable},`).join('')}${added.length > 0 ? '\n' : ''}} as const;`,
]);

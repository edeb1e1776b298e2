import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { families } from '../../src/onnx/gradients/index.js';

const path = fileURLToPath(new URL('../../docs/gradients.md', import.meta.url));
const [begin, end] = ['<!-- operators: begin (npm run docs) -->\n', '<!-- operators: end -->'];

/** The table of the rules in the registry. */
function table(): string {
  const rows = Object.entries(families).map(([family, rules]) => {
    const operators = Object.keys(rules).sort();
    const name = family === 'stops' ? 'pass nothing' : family;
    return `| ${name} | ${operators.join(', ')} |`;
  });
  return ['| family | operators |', '|---|---|', ...rows, ''].join('\n');
}

test('docs/gradients.md lists the operators that have a rule', () => {
  const text = readFileSync(path, 'utf8');
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (process.env.ONNX_CAM_WRITE_DOCS === '1')
    writeFileSync(path, text.slice(0, from) + table() + text.slice(to));
  else expect(text.slice(from, to), 'run npm run docs').toBe(table());
});

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { methods } from '../../src/methods/index.js';
import { methodCosts, namesByCost } from '../../src/methods/metadata.js';
import { families } from '../../src/onnx/gradients/index.js';

/** Writes a generated part of a page with `npm run docs`; otherwise the page has to hold it already. */
function expectGenerated(page: string, part: string, text: string): void {
  const path = fileURLToPath(new URL(`../../${page}`, import.meta.url));
  const [begin, end] = [`<!-- ${part}: begin (npm run docs) -->\n`, `<!-- ${part}: end -->`];
  const whole = readFileSync(path, 'utf8');
  expect(whole.split(begin), `${page} has one «${begin.trim()}»`).toHaveLength(2);
  const [from, to] = [whole.indexOf(begin) + begin.length, whole.indexOf(end)];
  if (process.env.ONNX_CAM_WRITE_DOCS === '1')
    writeFileSync(path, whole.slice(0, from) + text + whole.slice(to));
  else expect(whole.slice(from, to), 'run npm run docs').toBe(text);
}

const table = (head: string, rows: readonly string[]): string =>
  [head, `${'|---'.repeat(head.split('|').length - 2)}|`, ...rows, ''].join('\n');

const all = Object.values(methods).map((make) => make());

/** What a method asks for, as people call it. */
const needs: Readonly<Record<string, string>> = {
  gradients: 'gradient',
  image: 'picture',
  classWeights: 'linear tail',
  classMaps: 'linear tail',
  positionScores: 'outputs `f` and `a`',
  forward: 'forward passes',
  tail: 'passes behind the layer',
};

/** An arXiv number as a link. */
const cited = (citation: string | undefined): string =>
  (citation ?? '').replace(/^arXiv:(.*)$/, '[$1](https://arxiv.org/abs/$1)');

test('docs/gradients.md lists the operators that have a rule', () => {
  const rows = Object.entries(families).map(([family, rules]) => {
    const operators = Object.keys(rules).sort();
    const name = family === 'stops' ? 'pass nothing' : family;
    return `| ${name} | ${operators.join(', ')} |`;
  });
  expectGenerated('docs/gradients.md', 'operators', table('| family | operators |', rows));
});

test('docs/methods.md lists the methods by their own words', () => {
  const rows = all.map(({ name, title, citation, formula, cost, ...method }) => {
    const asked = [...new Set((method.needs as readonly string[]).flatMap((need) => needs[need] ?? []))];
    return `| \`${name}\` | ${title} | ${formula.replaceAll('|', '\\|')} | ${asked.join(', ') || 'activations'} | ${cost} | ${cited(citation)} |`;
  });
  const head = '| name | method | map before ReLU | needs | cost | published |';
  expectGenerated('docs/methods.md', 'methods', table(head, rows));
  const agnostic = all.filter(({ classAgnostic }) => classAgnostic).map(({ name }) => `\`${name}\``);
  const sentence = `${agnostic.slice(0, -1).join(', ')} and ${agnostic.at(-1)} do not depend on the class: their map is the same for every class.\n`;
  expectGenerated('docs/methods.md', 'class-agnostic', sentence);
});

test('README counts the methods and lists them by what they cost', () => {
  const rows = namesByCost(all).map(
    ({ cost, names }) => `| ${cost} | ${names.map((name) => `\`${name}\``).join(', ')} |`,
  );
  expect(rows).toHaveLength(methodCosts.length);
  expectGenerated('README.md', 'methods', table('| cost | methods |', rows));
  const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
  const counts = [...readme.matchAll(/(\d+) methods|has all (\d+)/g)].map(([, a, b]) => Number(a ?? b));
  expect(counts.length).toBeGreaterThan(1);
  for (const count of counts) expect(count).toBe(all.length);
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** The anchor that GitHub gives to a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

test.each(pages)('links of %s lead to existing files and headings', (page) => {
  const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target]) => target);
  for (const link of links) {
    const [file, heading] = link.split('#');
    const target = file === '' ? page : join(dirname(page), file);
    expect(existsSync(join(root, target)), link).toBe(true);
    if (heading === undefined) continue;
    const headings = [...textOf(target).matchAll(/^#+ (.*)$/gm)].map(([, text]) => anchor(text));
    expect(headings, link).toContain(heading);
  }
});

test.each(pages)('figures of %s name the command that writes them, and have an end mark', (page) => {
  const text = textOf(page);
  const begins = [...text.matchAll(/<!-- (?:table|figure) .*?-->/g)].map(([begin]) => begin);
  expect(text.match(/<!-- end -->/g) ?? []).toHaveLength(begins.length);
  for (const begin of begins) {
    if (/<!-- \w+ gpu-[\w-]+ \(npm run docs -- --gpu FILE\) -->/.test(begin)) continue;
    const [, bench] = /<!-- \w+ [\w-]+ \(npm run docs -- --measure ([\w-]+)\) -->/.exec(begin) ?? [];
    const made = ['size', 'own-machine'].includes(bench) || existsSync(join(root, `bench/${bench}.bench.ts`));
    expect(made, begin).toBe(true);
  }
});

// Writes the generated parts of README and docs/: see `help`.
//
// Figures stand between <!-- table NAME (npm run docs -- --measure BENCH) --> or <!-- figure NAME -->, and
// <!-- end -->.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gpuTables } from './gpu-tables.mjs';

const help = `npm run docs                          what follows from the code: the tables of operators and methods
npm run docs -- --measure [NAME,...]  the figures of these benches, by running them; all without names
npm run docs -- --gpu result.json     the figures of a GPU, as the kit of npm run gpu:pack wrote them
npm run docs -- --picture             docs/two-birds.png and the pictures of docs/questions.md`;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

function run(args, { env = {}, output = 'inherit' } = {}) {
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}

const vitest = (path, env) => run(['node_modules/vitest/vitest.mjs', 'run', path], { env });

/** The bench names in the pages' `--measure` comments. */
function benches() {
  const names = pages.flatMap((page) =>
    [
      ...readFileSync(join(root, page), 'utf8').matchAll(/<!-- (?:table|figure) .*--measure ([\w-]+)\) -->/g),
    ].map(([, name]) => name),
  );
  return [...new Set(names)].sort();
}

/** Runs the measurement of `bench`. It writes a file NAME.md to `folder` for each table and figure. */
function measure(bench, folder) {
  const env = { ONNX_CAM_FIGURES: folder, ONNX_CAM_BENCH: '1' };
  if (bench === 'size') run(['scripts/size.mjs'], { env });
  else if (bench === 'own-machine') {
    run(['scripts/build.mjs']);
    const text = run(['dist/node/cli.js', 'bench', '--backend', 'wasm', '--runtime', 'node'], {
      output: 'pipe',
    });
    const tables = text.split(/\n\s*\n/).filter((part) => part.startsWith('|'));
    const names = ['own-machine-kernels', 'own-machine-methods'];
    for (const [i, table] of tables.entries())
      writeFileSync(join(folder, `${names[i]}.md`), `${table.trim()}\n`);
  } else vitest(`bench/${bench}.bench.ts`, env);
}

/** Inserts the measured tables and figures into the pages, and reports names that no page has. */
function insert(folder, where) {
  const found = new Map(
    readdirSync(folder).map((file) => [
      file.slice(0, -'.md'.length),
      readFileSync(join(folder, file), 'utf8'),
    ]),
  );
  const used = new Set();
  for (const page of pages) {
    const before = readFileSync(join(root, page), 'utf8');
    const after = before.replace(
      /(<!-- (table|figure) ([\w-]+)[^>]*-->)([\s\S]*?)(<!-- end -->)/g,
      (all, begin, kind, name, _, end) => {
        const text = found.get(name);
        if (text === undefined) return all;
        used.add(name);
        return kind === 'figure'
          ? begin + text.trim() + end
          : `${[begin, text.trim(), where(name), end].filter(Boolean).join('\n\n')}`;
      },
    );
    if (after !== before) writeFileSync(join(root, page), after);
    if (after !== before) console.log(`written: ${page}`);
  }
  for (const name of found.keys()) if (!used.has(name)) console.log(`no page shows: ${name}`);
  return found.size;
}

function measureAll(names) {
  const known = benches();
  for (const name of names) {
    if (known.includes(name)) continue;
    console.error(`--measure: expected some of ${known.join(', ')}, got "${name}".`);
    process.exit(2);
  }
  const date = new Date().toISOString().slice(0, 10);
  const machine = `_Measured on ${date}: ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, Node ${process.version}._`;
  for (const name of names) {
    const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-figures-'));
    try {
      measure(name, folder);
      // Sizes are the same on every machine.
      const count = insert(folder, (table) =>
        table.startsWith('size') ? `_Measured on ${date}._` : machine,
      );
      if (count === 0) {
        console.error(`${name}: nothing was measured. Most benches need ONNX_CAM_TEST_DATA.`);
        process.exit(1);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

/** The figures of a GPU come from another machine; the page itself names it. */
function insertGpu(file) {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-figures-'));
  try {
    for (const [name, text] of Object.entries(gpuTables(JSON.parse(readFileSync(file, 'utf8')))))
      writeFileSync(join(folder, `${name}.md`), text);
    insert(folder, () => '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Pictures by name: the model, the methods and the targets of the command that the docs print. */
const pictures = [
  ['two-birds', 'birds', 'grad-cam,mi-cam', ['0', '11']],
  ['two-boxes', 'birds-detector', 'grad-cam', ['box:0', 'box:1']],
  ['two-segments', 'birds-segmentation', 'grad-cam', ['pixels:0', 'pixels:11']],
  [
    'two-likenesses',
    'birds-embedding',
    'grad-cam',
    ['like:examples/birds/bird-00.png', 'like:examples/birds/bird-11.png'],
  ],
];

/** The posters of the docs, made by their commands, then reduced to 256 colours: a quarter of the size. */
async function picture() {
  const { default: sharp } = await import('sharp');
  const out = mkdtempSync(join(tmpdir(), 'onnx-cam-picture-'));
  try {
    run(['scripts/build.mjs']);
    run(['scripts/example-models.mjs', '--out', out]);
    for (const [name, model, methods, asked] of pictures) {
      const file = model === 'birds' ? 'models/birds.onnx' : join(out, `${model}.onnx`);
      const targets = asked.flatMap((target) => ['--target', target]);
      const how = ['--model', file, '--method', methods, ...targets, '--format', 'poster'];
      run(['dist/node/cli.js', 'explain', ...how, '--out', join(out, name), 'examples/birds/stacked-0.png']);
      await sharp(join(out, name, 'stacked-0.poster.png'))
        .png({ palette: true, effort: 10, dither: 0.5 })
        .toFile(join(root, `docs/${name}.png`));
    }
  } finally {
    rmSync(out, { recursive: true });
  }
}

const [option, list] = process.argv.slice(2);
if (option === undefined) vitest('test/conventions/docs.test.ts', { ONNX_CAM_WRITE_DOCS: '1' });
else if (option === '--help') console.log(`${help}\n\nNames: ${benches().join(', ')}.`);
else if (option === '--picture') await picture();
else if (option === '--gpu' && list !== undefined) insertGpu(list);
else if (option === '--measure') measureAll(list === undefined ? benches() : list.split(','));
else {
  console.error(`expected an option of these, got "${process.argv.slice(2).join(' ')}".

${help}`);
  process.exit(2);
}

// The page as a folder for any host: `npm run site -- --out DIR`.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { buildPage, root } from './build.mjs';

/** Lists what was written, so that the next build knows what is its own. */
const LIST = 'onnx-cam-site.json';
const SERVICE_WORKER = 'service-worker.js';
/** ONNX Runtime's builds: a visitor needs one of them. */
const isRuntime = (path) => path.startsWith('ort-wasm-');

/**
 * Builds the page into `out`, with a service worker. Files of an earlier build go, others stay.
 * @throws {Error} for a folder that holds other files only; then nothing is changed.
 */
export async function buildSite(out) {
  const earlier = filesOfBefore(out);
  const folder = mkdtempSync(join(tmpdir(), 'onnx-cam-site-'));
  try {
    await buildPage(folder);
    await addStart(folder);
    await addServiceWorker(folder);
    const files = filesIn(folder);
    for (const path of earlier) rmSync(join(out, path), { force: true });
    for (const path of files) cpSync(join(folder, path), join(out, path));
    writeFileSync(join(out, LIST), `${JSON.stringify({ files }, undefined, 2)}\n`);
    removeEmptied(out, earlier);
    return files;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function filesOfBefore(out) {
  if (!existsSync(out)) return [];
  if (!statSync(out).isDirectory())
    throw new Error(`${out}: expected a folder, got a file. Choose another: --out DIR.`);
  const list = join(out, LIST);
  if (existsSync(list)) return ownFiles(list);
  if (readdirSync(out).length > 0)
    throw new Error(
      `${out}: expected a new folder, an empty one, or one that this command wrote (it holds ${LIST}), got one with other files. Choose another: --out DIR.`,
    );
  return [];
}

/** The paths in a list, which must stay within its folder. */
function ownFiles(list) {
  const damaged = () =>
    new Error(
      `${list}: expected the list of a site's files. Delete the folder, or choose another: --out DIR.`,
    );
  let files;
  try {
    ({ files } = JSON.parse(readFileSync(list, 'utf8')));
  } catch {
    throw damaged();
  }
  const folder = dirname(resolve(list));
  const isWithin = (path) => typeof path === 'string' && resolve(folder, path).startsWith(`${folder}/`);
  if (!Array.isArray(files) || !files.every(isWithin)) throw damaged();
  return files;
}

function removeEmptied(out, earlier) {
  for (const folder of new Set(earlier.map(dirname)))
    if (folder !== '.' && existsSync(join(out, folder)) && readdirSync(join(out, folder)).length === 0)
      rmdirSync(join(out, folder));
}

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();

const bundle = { absWorkingDir: root, bundle: true, minify: true, target: 'es2022', logLevel: 'warning' };

/** Has the page start by the service worker. */
async function addStart(folder) {
  const outfile = join(folder, 'start.js');
  await build({ ...bundle, format: 'esm', entryPoints: ['web/site/start.ts'], outfile });
  const index = join(folder, 'index.html');
  const before = readFileSync(index, 'utf8');
  const after = before.replace('src="main.js"', 'src="start.js"');
  if (after === before) throw new Error('index.html: expected a script main.js.');
  writeFileSync(index, after);
}

/** The service worker of the page in `folder`, which knows every file of it. */
export async function addServiceWorker(folder) {
  const outfile = join(folder, SERVICE_WORKER);
  const files = filesIn(folder).filter((path) => path !== SERVICE_WORKER && path !== LIST);
  const digest = (path) =>
    `sha256-${createHash('sha256')
      .update(readFileSync(join(folder, path)))
      .digest('base64')}`;
  await build({
    ...bundle,
    format: 'iife',
    entryPoints: ['web/site/service-worker/service-worker.ts'],
    outfile,
    allowOverwrite: true,
    define: {
      FILES: JSON.stringify(Object.fromEntries(files.map((path) => [path, digest(path)]))),
      LATER: JSON.stringify(files.filter(isRuntime)),
    },
  });
}

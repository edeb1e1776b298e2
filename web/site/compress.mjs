// Writes FILE.br and FILE.gz beside the files of a folder that get smaller, for a server to send instead.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const compressible = /\.(html|css|m?js|json|svg|wasm|onnx)$/;

const encodings = {
  // Quality 9 takes 2 s for ONNX Runtime; 11 takes half a minute and saves a tenth.
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

// Of large files, which are the same from build to build.
const cache = fileURLToPath(new URL('../../node_modules/.cache/onnx-cam/', import.meta.url));
const LARGE = 500_000;

/** @param folder  Its files, also in folders within it. */
export async function compressFolder(folder) {
  const files = readdirSync(folder, { recursive: true })
    .filter((path) => compressible.test(path))
    .map((path) => join(folder, path));
  const jobs = files.flatMap((file) =>
    Object.keys(encodings).map(async (encoding) => {
      const bytes = readFileSync(file);
      const packed = await (bytes.length < LARGE ? encodings[encoding](bytes) : cached(bytes, encoding));
      if (packed.length < 0.95 * bytes.length) writeFileSync(`${file}.${encoding}`, packed);
    }),
  );
  await Promise.all(jobs);
}

async function cached(bytes, encoding) {
  const file = join(cache, `${createHash('sha256').update(bytes).digest('hex')}.${encoding}`);
  try {
    return readFileSync(file);
  } catch {
    const packed = await encodings[encoding](bytes);
    mkdirSync(cache, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, packed);
    renameSync(`${file}.${process.pid}`, file); // whole, or not there
    return packed;
  }
}

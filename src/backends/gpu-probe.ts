/** What tells one adapter from another, as it passes between processes. */
export type AdapterFacts = Pick<
  GPUAdapterInfo,
  'vendor' | 'architecture' | 'description' | 'device' | 'isFallbackAdapter'
>;

/** Milliseconds after which a driver that does not answer is taken to be none. */
const PATIENCE = 20_000;

/** The program of the other process; its argument is where the package `webgpu` lies. */
const PROGRAM = `
const { create, globals } = await import(process.argv[1]);
Object.assign(globalThis, globals);
const gpu = create([]);
const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
const { vendor, architecture, description, device, isFallbackAdapter } = adapter?.info ?? {};
const facts = adapter ? { vendor, architecture, description, device, isFallbackAdapter } : null;
process.stdout.write(JSON.stringify(facts), () => process.exit());`;

// Behind names, so that bundlers for browsers do not follow them.
const names = { child: 'node:child_process', module: 'node:module', url: 'node:url' };

let probed: Promise<AdapterFacts | undefined | 'unknown'> | undefined;

/**
 * The adapter that Dawn gives in Node, asked for in another process, once. Dawn and the Vulkan loader write
 * about missing and broken drivers to the file descriptor of `stderr`, from which nothing in this process can
 * keep them; and a driver that crashes or hangs ends only that one.
 * @returns Nothing where there is none; `unknown` where no other process can be asked.
 */
export function probeGpu(): Promise<AdapterFacts | undefined | 'unknown'> {
  probed ??= ask().catch(() => 'unknown');
  return probed;
}

async function ask(): Promise<AdapterFacts | undefined | 'unknown'> {
  // Another program (Electron, one that Node is built into) would start itself.
  if (!/[\\/]node(js)?(\.exe)?$/i.test(process.execPath)) return 'unknown';
  const { spawn }: typeof import('node:child_process') = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ names.child
  );
  const { createRequire }: typeof import('node:module') = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ names.module
  );
  const { pathToFileURL }: typeof import('node:url') = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ names.url
  );
  const dawn = pathToFileURL(createRequire(import.meta.url).resolve('webgpu')).href;
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, dawn], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
    windowsHide: true,
    // This process's options are not that one's: an inspector's port, a module to load first.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let answer = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve((code === 0 && JSON.parse(answer)) || undefined));
  });
}

/** What identifies an adapter, in a form that processes can exchange. */
export type AdapterFacts = Pick<
  GPUAdapterInfo,
  'vendor' | 'architecture' | 'description' | 'device' | 'isFallbackAdapter'
>;

/** After so many milliseconds without an answer, the driver counts as missing. */
const PATIENCE = 20_000;

/** The program of the other process; its argument is the path of the package `webgpu`. */
const PROGRAM = `
const { create, globals } = await import(process.argv[1]);
Object.assign(globalThis, globals);
const gpu = create([]);
const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
const { vendor, architecture, description, device, isFallbackAdapter } = adapter?.info ?? {};
const facts = adapter ? { vendor, architecture, description, device, isFallbackAdapter } : null;
process.stdout.write(JSON.stringify(facts), () => process.exit());`;

// Specifiers in variables, so that bundlers for browsers do not follow the imports.
const names = { child: 'node:child_process', fs: 'node:fs/promises', module: 'node:module', url: 'node:url' };

/**
 * What drivers of GPUs put into /dev: DRM, NVIDIA's, WSL's, AMD's for computing, and those of phones and
 * boards.
 */
const DEVICES = /^(dri|nvidia|dxg|kfd|kgsl|mali|pvr|nvhost|nvmap|nvgpu)/;

/** False where Linux has no GPU device at all: what Dawn finds then computes on the CPU. */
async function mayHaveGpu(): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const { readdir }: typeof import('node:fs/promises') = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ names.fs
  );
  const devices = await readdir('/dev').catch(() => undefined);
  return devices === undefined || devices.some((name) => DEVICES.test(name));
}

let probed: Promise<AdapterFacts | undefined | 'unknown'> | undefined;

/**
 * The adapter that Dawn gives in Node, queried once, in another process. Dawn and the Vulkan loader report
 * missing and broken drivers on the file descriptor of `stderr`, and nothing in this process can prevent
 * that. A driver that crashes or hangs harms only the other process. Where Linux has no GPU device, none is
 * started.
 * @returns `undefined` where there is no GPU, or no adapter for it; `unknown` where no other process can be
 *   started.
 */
export function probeGpu(): Promise<AdapterFacts | undefined | 'unknown'> {
  probed ??= ask().catch(() => 'unknown');
  return probed;
}

async function ask(): Promise<AdapterFacts | undefined | 'unknown'> {
  // A program other than Node (Electron, or one with Node built in) would start a copy of itself.
  if (!/[\\/]node(js)?(\.exe)?$/i.test(process.execPath)) return 'unknown';
  if (!(await mayHaveGpu())) return undefined;
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
    // This process's options (an inspector's port, a module to preload) must not reach the other.
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

import type { ExplainerOptions } from '../../explainer.js';
import { readNpy } from './npy.js';

/**
 * The options with the values of the inputs that name `.npy` files.
 * @throws {CamError} `input` for a file that cannot be read.
 */
export async function withInputFiles(options: ExplainerOptions): Promise<ExplainerOptions> {
  if (!options.inputs) return options;
  const inputs = await Promise.all(
    Object.entries(options.inputs).map(
      async ([name, values]) => [name, typeof values === 'string' ? await readNpy(values) : values] as const,
    ),
  );
  return { ...options, inputs: Object.fromEntries(inputs) };
}

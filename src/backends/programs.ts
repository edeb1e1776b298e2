import { wgsl } from '../generated/wgsl.js';
import type { Plan, Shader } from './backend.js';
import { fitting } from './overrides.js';

/** A compiled shader. */
export interface Program {
  readonly module: GPUShaderModule;
  readonly pipeline: GPUComputePipeline;
  /** What the module was made of. */
  readonly code: string;
}

/** The compiled shaders of a device, by shader and pipeline constants. */
export class Programs {
  private readonly made = new Map<Shader, Map<string, Program>>();

  constructor(private readonly device: GPUDevice) {}

  of(shader: Shader, wanted?: Plan['overrides']): Program {
    const constants = wanted && fitting(wanted, this.device.limits);
    const variants = this.made.get(shader) ?? new Map<string, Program>();
    this.made.set(shader, variants);
    const key = JSON.stringify(constants ?? {});
    let program = variants.get(key);
    if (!program) {
      const { file, code = wgsl[file] } = shader;
      const module = this.device.createShaderModule({ code, label: file });
      const pipeline = this.device.createComputePipeline({
        label: shader.name,
        layout: 'auto',
        compute: { module, entryPoint: 'main', constants },
      });
      program = { module, pipeline, code };
      variants.set(key, program);
    }
    return program;
  }
}

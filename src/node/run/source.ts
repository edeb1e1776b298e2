import { CamError } from '../../errors.js';
import { IN_FLIGHT } from '../../explain/options.js';
import type { Explainer, ExplainerOptions } from '../../explainer.js';

/** Facts about an explainer that may run in another thread. Plain data. */
export type Facts = Pick<
  Explainer,
  | 'backend'
  | 'device'
  | 'runtime'
  | 'layers'
  | 'scores'
  | 'skipped'
  | 'preprocessing'
  | 'preprocessingSource'
  | 'pictureObstacle'
  | 'labels'
  | 'labelsSource'
  | 'input'
  | 'usualBatch'
>;

export const factsOf = (explainer: Explainer): Facts => {
  const { backend, device, runtime, layers, scores, skipped, input, usualBatch } = explainer;
  const { preprocessing, preprocessingSource, pictureObstacle, labels, labelsSource } = explainer;
  return {
    ...{ backend, device, runtime, layers, scores, skipped, input, usualBatch },
    ...{ preprocessing, preprocessingSource, pictureObstacle, labels, labelsSource },
  };
};

/** Opens an explainer. `instead` replaces some of the run's options. */
export type Open = (instead?: Pick<ExplainerOptions, 'backend' | 'runtime'>) => Promise<Explainer>;

export interface SourceOptions {
  /** Whether kernels and model may move to the CPU where the GPU is lost for good. */
  readonly mayLeaveGpu: boolean;
  readonly notice: (text: string) => void;
}

/** Devices that may be lost in a row before the GPU is given up. */
const LOSSES = 2;

/**
 * An explainer that survives the loss of its GPU device: it is reopened, and in the end replaced by one on
 * the CPU where that is allowed.
 */
export class ExplainerSource {
  private readonly waiting: (() => void)[] = [];
  private inUse = 0;
  private generation = 0;
  private losses = 0;
  private reopening: Promise<void> | undefined;

  private constructor(
    private explainer: Explainer,
    private readonly open: Open,
    private readonly options: SourceOptions,
  ) {}

  static async open(open: Open, options: SourceOptions): Promise<ExplainerSource> {
    return new ExplainerSource(await open(), open, options);
  }

  get facts(): Facts {
    return factsOf(this.explainer);
  }

  /**
   * Runs a task on the explainer; tasks run one after another. A task that loses the GPU is repeated.
   * @throws {CamError} `gpu` where the device was lost again and the CPU is not allowed; and what the task
   *   throws.
   */
  async use<T>(task: (explainer: Explainer) => Promise<T>): Promise<T> {
    await this.enter();
    try {
      for (;;) {
        await this.reopening;
        const { generation } = this;
        try {
          const result = await task(this.explainer);
          this.losses = 0;
          return result;
        } catch (error) {
          if (!(error instanceof CamError && error.code === 'gpu')) throw error;
          if (generation === this.generation) await this.reopen(error);
        }
      }
    } finally {
      this.leave();
    }
  }

  async dispose(): Promise<void> {
    await this.explainer.dispose();
  }

  private reopen(error: CamError): Promise<void> {
    this.reopening ??= this.replace(error).finally(() => {
      this.reopening = undefined;
    });
    return this.reopening;
  }

  private async replace(error: CamError): Promise<void> {
    const { mayLeaveGpu, notice } = this.options;
    this.losses++;
    // A lost device may refuse even this.
    await this.explainer.dispose().catch(() => undefined);
    const again = this.losses < LOSSES ? await this.open().catch(() => undefined) : undefined;
    if (again) notice(`${error.message} It was opened again.`);
    else if (!mayLeaveGpu || this.losses > LOSSES) throw error;
    else notice(`${error.message} Going on with WebAssembly.`);
    this.explainer = again ?? (await this.open({ backend: 'wasm', runtime: 'auto' }));
    this.generation++;
  }

  private async enter(): Promise<void> {
    while (this.inUse >= IN_FLIGHT[this.explainer.backend])
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.inUse++;
  }

  private leave(): void {
    this.inUse--;
    this.waiting.shift()?.();
  }
}

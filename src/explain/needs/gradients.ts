import type { Method } from '../../methods/method.js';
import type { Elsewhere, Probe } from '../../methods/probing.js';
import type { SeparateGradient } from '../../onnx/gradient.js';
import type { Network } from '../../onnx/network.js';
import { type AnyFeed, isDeviceTensor, type Output } from '../../runtime/index.js';
import { ScoredPass } from '../../targets/index.js';
import { type Batch, disposeAll } from '../batch.js';
import { type FeatureTensor, onBackend } from '../feature-tensor.js';
import type { PassCounter } from '../pass-counter.js';
import type { BatchMaps } from '../run-method.js';
import { cancelling } from './cancelling.js';
import { backwardGraph, closedForm, type GradientSource } from './gradient-source.js';
import { closedTail } from './linear-tail.js';
import type { Need, NeedPlan, OpenNeed, Provided, Question, Targets } from './need.js';

/** dS/d(layer): in closed form behind a linear tail, else by a backward graph. */
export const gradients: Need = { plan: planGradients };

/**
 * The engine that differentiates graphs is loaded when there is one to differentiate.
 * @throws {CamError} `gradients` where none reaches a layer.
 */
async function planGradients(question: Question): Promise<NeedPlan> {
  const { network, layers, options } = question;
  const tail = closedTail(question);
  if (tail) return { open: () => opened(closedForm(network, tail)) };
  const { differentiate, tappedModel } = await import('../../onnx/gradient.js');
  const names = layers.map(({ name }) => name);
  const backward = differentiate(network.model, { wrt: names, score: options.score ?? 'logit' });
  // A gradient of another layout is turned on the host.
  const inPlace = layers.flatMap(({ name, layout }) =>
    layout.kind === 'nchw' ? (backward.gradients.get(name) ?? []) : [],
  );
  return {
    exactBatch: exactBatch(network, backward.taps),
    onDevice: floatTaps(backward),
    forward: (outputs) => tappedModel(backward, outputs),
    open: async (opener) => opened(backwardGraph(backward, names, await opener(backward, inPlace))),
  };
}

/**
 * The batch of a model that fixes it and folds it into other axes, as attention does with its heads
 * `[n·heads, t, d]`: such tensors cannot be split into passes of fewer images, nor joined.
 */
function exactBatch({ shapes, batch }: Network, taps: readonly string[]): number | undefined {
  if (typeof batch !== 'number') return undefined;
  const first = (tap: string) => shapes.get(tap)?.[0];
  return taps.some((tap) => typeof first(tap) === 'number' && first(tap) !== batch) ? batch : undefined;
}

/** The forward tensors that a backward model takes as float32: the others come to the host in any case. */
const floatTaps = ({ taps, inputs }: SeparateGradient): readonly string[] =>
  taps.filter((tap) => inputs.some(({ name, dtype }) => name === tap && dtype === 'float32'));

const opened = (source: GradientSource): OpenNeed => ({
  facts: { gradients: source.way },
  provide: (batch) => new Gradients(batch, source),
});

/** Of all layers in order, as the session gave them and as the kernels take them. */
interface Made {
  readonly outputs: readonly Output[];
  readonly tensors: readonly FeatureTensor[];
  free(): void;
}

const cancelled = (layer: string): string =>
  `layer "${layer}": the gradients cancel: no channel's average is above a millionth of the largest gradient, so that the map is rounding noise. Try another layer, or a method that weighs positions, such as hires-cam.`;

class Gradients implements Provided {
  private targets: Targets = [];
  private made: Made | undefined;

  constructor(
    private readonly batch: Batch,
    private readonly source: GradientSource,
  ) {}

  async forTargets(targets: Targets): Promise<void> {
    this.release();
    this.targets = targets;
    this.made = await this.make(this.batch.tensors, this.batch.pass);
  }

  inputs(_: Method, layer: number) {
    return { gradients: this.made?.tensors[layer] };
  }

  probe(layer: number, counter: PassCounter): Pick<Probe, 'elsewhere'> {
    return {
      elsewhere: async (input) => {
        const made = await this.elsewhere(input, layer);
        counter.elsewhere();
        return made;
      },
    };
  }

  suspects(layer: number) {
    const tensor = this.made?.tensors[layer];
    return tensor ? [[`layer "${this.name(layer)}", gradients`, tensor] as const] : [];
  }

  remarks({ averages }: Method, layer: number, { weights }: BatchMaps) {
    // A closed form is the same at every position: nothing cancels.
    if (!averages || !weights || !this.made || this.source.way === 'closed form') return [];
    return cancelling(weights, this.made.outputs[layer], this.batch.size).map((isNoise) =>
      isNoise ? cancelled(this.name(layer)) : undefined,
    );
  }

  release(): void {
    this.made?.free();
    this.made = undefined;
  }

  private name(layer: number): string {
    return this.batch.context.layers[layer].name;
  }

  /** The gradients for the targets, of a pass that was fed and gave these tensors. */
  private async make(tensors: Readonly<Record<string, Output | AnyFeed>>, pass: ScoredPass): Promise<Made> {
    const { context, size, signal, failures } = this.batch;
    const { backend } = context;
    const rows = this.targets.map((target, at) => target?.evaluate(pass, at).cotangent);
    const columns = rows.find((row) => row)?.length ?? 0;
    const cotangent = new Float32Array(size * columns);
    rows.forEach((row, at) => {
      if (row) cotangent.set(row, at * columns);
    });
    const shape = this.source.takesShape ? pass.explainedShape : [size, columns];
    const outputs = await this.source.gradients(tensors, cotangent, shape, signal);
    const made: FeatureTensor[] = [];
    const free = () => {
      for (const tensor of made) backend.release(tensor);
      for (const output of outputs) if (isDeviceTensor(output)) output.dispose();
    };
    const checked = this.source.way === 'closed form' ? undefined : failures;
    try {
      for (const [l, output] of outputs.entries())
        made.push(
          onBackend(
            `gradient of layer "${this.name(l)}"`,
            output,
            context.layers[l].layout,
            size,
            backend,
            checked,
          ),
        );
    } catch (error) {
      free();
      throw error;
    }
    return { outputs, tensors: made, free };
  }

  /** Activations and gradients of other inputs, for the same targets. */
  private async elsewhere(data: Float32Array, layer: number): Promise<Elsewhere> {
    const { context, size, failures } = this.batch;
    const { backend, reader, input } = context;
    const outputs = await this.batch.run(data);
    let activations: FeatureTensor | undefined;
    const freeOutputs = () => {
      if (activations) backend.release(activations);
      disposeAll(outputs);
    };
    try {
      const { name, layout } = context.layers[layer];
      activations = onBackend(`layer "${name}"`, outputs[name], layout, size, backend, failures);
      const fed = { data, shape: this.batch.fed.shape };
      const { tensors, free } = await this.make(
        { ...outputs, ...this.batch.further(), [input]: fed },
        new ScoredPass(reader, outputs, size),
      );
      const release = () => {
        free();
        freeOutputs();
      };
      return { activations, gradients: tensors[layer], release };
    } catch (error) {
      freeOutputs();
      throw error;
    }
  }
}

import { CamError } from '../../errors.js';
import { modelPath } from '../model/model-path.js';
import type { Dependencies } from '../terminal/dependencies.js';

/** The value of `--model` that means the bundled classifier. */
export const BUNDLED = 'birds';

export interface ChosenModel {
  /** Path of the model file. */
  readonly model: string;
  /** True for the bundled classifier. */
  readonly bundled: boolean;
  /** The arguments without the model. */
  readonly inputs: readonly string[];
}

const isModel = (path: string): boolean => /\.onnx$/i.test(path);

/**
 * The model of a command: `--model FILE`, or an argument that ends in `.onnx`, in any position.
 * @param usage  What to type after `onnx-cam`, for the error.
 * @throws {CamError} `option` for none or several; `model` for a folder without one.
 */
export async function chooseModel(
  usage: string,
  option: string | undefined,
  args: readonly string[],
  { bundledModel }: Pick<Dependencies, 'bundledModel'>,
): Promise<ChosenModel> {
  const [command] = usage.split(' ');
  const named = args.filter(isModel);
  const models = [...(option === undefined ? [] : [option]), ...named];
  if (models.length > 1)
    throw new CamError(
      'option',
      `${command}: expected one model, got ${models.join(' and ')}. Run the command once per model.`,
    );
  if (models.length === 0)
    throw new CamError(
      'option',
      `${command}: expected a model, got none. Type "onnx-cam ${usage}" with your ONNX file. --model ${BUNDLED} takes the bundled example, which classifies toy birds.`,
    );
  const bundled = models[0] === BUNDLED;
  return {
    model: bundled ? bundledModel : await modelPath(models[0]),
    bundled,
    inputs: args.filter((path) => !isModel(path)),
  };
}

/** Which methods explain: values or names. */
import { CamError } from '../errors.js';
import { methods } from '../methods/index.js';
import type { AnyMethod } from '../methods/method.js';
import { expectMethodName, findMethodName, type MethodName, methodNames } from '../methods/names.js';
import { described } from '../names.js';

/** A method, or its name: `grad-cam`, also as `gradcam`, `GradCAM` or `grad_cam`. */
export type MethodChoice = AnyMethod | MethodName | (string & {});

const isMethod = (choice: unknown): choice is AnyMethod => {
  const { name, needs, map, probe } = Object(choice) as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    Array.isArray(needs) &&
    (typeof map === 'function' || typeof probe === 'function')
  );
};

/**
 * The methods that were asked for, each once.
 * @throws {CamError} `option` for what is no method, a name that none has, and two methods of one name.
 */
export function chooseMethods(choices: readonly MethodChoice[]): readonly AnyMethod[] {
  const found = new Map<string, { readonly method: AnyMethod; readonly from: MethodChoice }>();
  for (const choice of choices) {
    if (typeof choice !== 'string' && !isMethod(choice)) throw noMethod(choice);
    const name = typeof choice === 'string' ? expectMethodName('methods', choice, methodNames) : choice.name;
    const from = typeof choice === 'string' ? name : choice;
    const before = found.get(name);
    if (before && before.from !== from)
      throw new CamError(
        'option',
        `methods: expected methods of different names, got two called "${name}". Rename one: { ...method, name: 'another' }.`,
      );
    found.set(name, { method: typeof choice === 'string' ? methods[name]() : choice, from });
  }
  return [...found.values()].map(({ method }) => method);
}

function noMethod(choice: unknown): CamError {
  const call =
    typeof choice === 'function'
      ? ` Call it: ${choice.name || 'method'}().`
      : ' Take gradCam, miCam() …, or a name such as "grad-cam".';
  return new CamError('option', `methods: expected methods or their names, got ${described(choice)}.${call}`);
}

/**
 * Those of an explainer's methods that are meant; all where nothing is said.
 * @throws {CamError} `option` for one that the explainer was not opened with.
 */
export function someOf(
  methods: readonly AnyMethod[],
  choices: readonly MethodChoice[] | undefined,
): readonly AnyMethod[] {
  if (!choices) return methods;
  const known = methods.map(({ name }) => name);
  const names = choices.map((choice) => {
    const asked = typeof choice === 'string' ? choice : isMethod(choice) ? choice.name : undefined;
    if (asked === undefined) throw noMethod(choice);
    const name = findMethodName(asked, known);
    if (name !== undefined) return name;
    throw new CamError(
      'option',
      `explain: methods: expected one of ${known.join(', ')}, which the explainer was opened with, got "${asked}". Open it with this method too.`,
    );
  });
  return methods.filter(({ name }) => names.includes(name));
}

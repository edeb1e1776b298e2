/**
 * What went wrong, for programs:
 * - `shape`      tensors that do not fit one another
 * - `model`      not an ONNX model, or one that cannot be read or run
 * - `layer`      a target layer that is unknown or has no spatial extent
 * - `target`     a class that the model does not have, or no output with class scores
 * - `gradients`  no gradient reaches the layer
 * - `input`      a picture or tensor that cannot be used (non-finite, corrupt, too large …)
 * - `option`     an option outside its range
 * - `backend`    a backend or runtime that is not available here
 * - `gpu`        the device refused a shader or was lost
 * - `output`     a result that cannot be written
 */
export type CamErrorCode =
  | 'shape'
  | 'model'
  | 'layer'
  | 'target'
  | 'gradients'
  | 'input'
  | 'option'
  | 'backend'
  | 'gpu'
  | 'output';

/** Most characters of an error's text. */
const LONGEST = 1000;

/** Of those, at the end: there it says what to do. */
const TAIL = 300;

const OMITTED = ' … ';

/**
 * Control characters, line separators, and those that turn the direction of writing: a name that has them
 * could forge a line of ours, or show other than it is.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A name or a sentence with names from files, for one line of text: control characters as escapes (`\n`,
 * `\x1b`, `\u202e`).
 */
export function printable(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return (
      ESCAPES[character] ?? (code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`)
    );
  });
}

/** Head and tail of a text that is too long, and what is between left out. */
function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  const head = text.slice(0, LONGEST - TAIL - OMITTED.length).replace(/[\ud800-\udbff]$/, '');
  return head + OMITTED + text.slice(-TAIL).replace(/^[\udc00-\udfff]/, '');
}

/** A text of an error for one line: printable, at most 1,000 characters, of longer ones head and tail. */
export const errorText = (text: string): string => shortened(printable(shortened(text)));

/**
 * The one error class. Message grammar: where: expected what (why), got what. What to do. The message is one
 * line of at most 1,000 characters; names from files have their control characters escaped.
 */
export class CamError extends Error {
  override readonly name = 'CamError';

  constructor(
    readonly code: CamErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(errorText(message), options);
  }
}

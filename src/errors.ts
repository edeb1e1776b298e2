/**
 * What went wrong, for programs:
 * - `shape`      tensors that do not fit one another
 * - `model`      a file that is not an ONNX model, or a model that cannot be read or run
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

/** Characters kept at the end of a longer text: the end says what to do. */
const TAIL = 300;

const OMITTED = ' … ';

/**
 * Control characters, line separators, and characters that change the writing direction. A name with them
 * could imitate a line of the program, or be displayed as another name.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A text for one line, such as a sentence with names from files: control characters become escapes (`\n`,
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

/** The start and the end of a text that is too long. */
function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  const head = text.slice(0, LONGEST - TAIL - OMITTED.length).replace(/[\ud800-\udbff]$/, '');
  return head + OMITTED + text.slice(-TAIL).replace(/^[\udc00-\udfff]/, '');
}

/** An error's text for one line: printable, at most 1,000 characters; longer texts are cut in the middle. */
export const errorText = (text: string): string => shortened(printable(shortened(text)));

/**
 * The one error class. Its messages have the form "where: expected what (why), got what. What to do." A
 * message is one line of at most 1,000 characters. Control characters in names from files are escaped.
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

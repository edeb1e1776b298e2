/** The content of a `.npy` header, a Python dictionary with these three keys. */
export interface NpyHeader {
  /** As in `<f4`; undefined for records. */
  readonly descr?: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

const SPACE = /[ \t\r\n\f]*/y;
const STRING = /'([^'\\\n]*)'|"([^"\\\n]*)"/y;
const BOOLEAN = /True|False/y;
/** Integers separated by commas; Python 2 wrote long ones with an L. */
const TUPLE = /\(([\dL,\s]*)\)/y;

/** Reads tokens one after another. Returns `undefined` where the next token is of another kind. */
class Tokens {
  private at = 0;

  constructor(private readonly text: string) {}

  take(pattern: RegExp): RegExpExecArray | undefined {
    this.skip(SPACE);
    return this.skip(pattern);
  }

  private skip(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text) ?? undefined;
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  string(): string | undefined {
    const found = this.take(STRING);
    return found && (found[1] ?? found[2]);
  }

  has(sign: string): boolean {
    this.skip(SPACE);
    if (this.text[this.at] !== sign) return false;
    this.at++;
    return true;
  }

  get atEnd(): boolean {
    this.skip(SPACE);
    return this.at === this.text.length;
  }
}

/** `3, 4`, `3,` or nothing: a number without a comma is not a tuple. */
function numbersOf(text: string): readonly number[] | undefined {
  const parts = text.split(',').map((part) => part.trim());
  const last = parts.pop();
  if (last !== '') {
    if (parts.length === 0) return undefined;
    parts.push(last ?? '');
  }
  const numbers = parts.map((part) => (/^\d{1,15}L?$/.test(part) ? Number.parseInt(part, 10) : Number.NaN));
  return numbers.every(Number.isSafeInteger) ? numbers : undefined;
}

/**
 * Reads a header. Returns `undefined` for anything but the dictionary that NumPy writes; order and spaces do
 * not matter.
 */
export function parseNpyHeader(text: string): NpyHeader | undefined {
  const tokens = new Tokens(text);
  if (!tokens.has('{')) return undefined;
  let descr: string | undefined;
  let fortranOrder: boolean | undefined;
  let shape: readonly number[] | undefined;
  const seen = new Set<string>();
  while (!tokens.has('}')) {
    if (seen.size > 0 && !tokens.has(',')) return undefined;
    if (seen.size > 0 && tokens.has('}')) break;
    const key = tokens.string();
    if (key === undefined || seen.has(key) || !tokens.has(':')) return undefined;
    seen.add(key);
    if (key === 'descr') {
      // The content of a record does not matter: records are refused.
      if (tokens.has('[')) return { fortranOrder: false, shape: [] };
      descr = tokens.string();
      if (descr === undefined) return undefined;
    } else if (key === 'fortran_order') {
      const found = tokens.take(BOOLEAN);
      if (!found) return undefined;
      fortranOrder = found[0] === 'True';
    } else if (key === 'shape') {
      const found = tokens.take(TUPLE);
      shape = found && numbersOf(found[1]);
      if (!shape) return undefined;
    } else return undefined;
  }
  if (!tokens.atEnd || descr === undefined || fortranOrder === undefined || !shape) return undefined;
  return { descr, fortranOrder, shape };
}

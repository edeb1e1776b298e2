/** The user stopped the program: what was not begun or not finished is left. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

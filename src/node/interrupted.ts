/** The user stopped the program before anything was begun. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * A limit on how much is held at one time, in any unit. A task that would exceed the limit waits for earlier
 * tasks.
 */
export class Budget {
  private held = 0;
  private readonly waiting: { readonly amount: number; readonly begin: () => void }[] = [];

  constructor(private readonly limit: number) {}

  /**
   * Runs a task that takes `amount`. Tasks start in the order of the calls. A task larger than the limit runs
   * alone.
   */
  async spend<T>(amount: number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.waiting.push({ amount, begin });
      this.admit();
    });
    try {
      return await work();
    } finally {
      this.held -= amount;
      this.admit();
    }
  }

  private admit(): void {
    for (let [next] = this.waiting; next; [next] = this.waiting) {
      if (this.held > 0 && this.held + next.amount > this.limit) return;
      this.waiting.shift();
      this.held += next.amount;
      next.begin();
    }
  }
}

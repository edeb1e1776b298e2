/** A limit on what is held at a time, in whatever unit: who would exceed it waits for those before. */
export class Budget {
  private held = 0;
  private readonly waiting: { readonly amount: number; readonly begin: () => void }[] = [];

  constructor(private readonly limit: number) {}

  /** Does what takes `amount`; what takes more than there is has it alone. In the order of the calls. */
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

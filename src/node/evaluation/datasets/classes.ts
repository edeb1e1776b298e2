/** The names of the model's classes. */
export class ClassNames {
  private readonly byName = new Map<string, number>();

  constructor(readonly labels: readonly string[] | undefined) {
    // The first of equal names counts; complete labels come before first synonyms.
    for (const name of [(label: string) => label, (label: string) => label.split(',')[0]]) {
      labels?.forEach((label, index) => {
        const key = normal(name(label));
        if (key !== '' && !this.byName.has(key)) this.byName.set(key, index);
      });
    }
  }

  /**
   * The class that a data set names by its index or its label (complete, or its first synonym); `undefined`
   * where there is none.
   */
  indexOf(name: string | number): number | undefined {
    const text = String(name).trim();
    if (/^\d+$/.test(text)) {
      const index = Number(text);
      return this.labels && index >= this.labels.length ? undefined : index;
    }
    return this.byName.get(normal(text));
  }
}

const normal = (name: string): string => name.trim().toLowerCase().replaceAll('_', ' ');

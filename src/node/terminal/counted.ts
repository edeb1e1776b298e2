/** A number with its noun: `1 picture`, `3 pictures`. */
export const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

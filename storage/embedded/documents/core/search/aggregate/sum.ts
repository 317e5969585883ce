/** A sum that keeps what rounding loses, by Kahan and Neumaier. */
export interface CompensatedSum {
  add(value: number): void;
  value(): number;
}

export function compensatedSum(): CompensatedSum {
  let sum = 0;
  let lost = 0;
  return {
    add: (value) => {
      const next = sum + value;
      lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      sum = next;
    },
    value: () => sum + lost,
  };
}

/** A broken invariant is a bug of ours, never of the input. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** States what must be true here and why; throws {@link InvariantError} if it is not. */
export function invariant(condition: boolean, why: string): asserts condition {
  if (!condition) throw new InvariantError(why);
}

/** For a value the surrounding code has already shown to be there. */
export function present<T>(value: T | undefined | null, why: string): T {
  invariant(value !== undefined && value !== null, why);
  return value;
}

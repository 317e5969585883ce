/** Texts of telemetry as evidence keeps them: of bounded length. */

/** Enough to know a message by. */
const TEXT_CHARS_MAX = 300;
/** Of services, operations and versions. */
const NAME_CHARS_MAX = 100;

export const shortText = (text: string): string => cut(text, TEXT_CHARS_MAX);
export const shortName = (text: string): string => cut(text, NAME_CHARS_MAX);

/** By characters, not halves of them. */
function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const kept = text.slice(0, charsMax - 1);
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}…`;
}

/** What is made of texts that come again and again. Strangers choose them: not all are remembered. */

const KEYS_MAX = 5000;
/** Longer ones are rare, and would be held for good. */
const KEY_CHARS_MAX = 256;

/** `make`, but made once of the same key as long as it is remembered. */
export function byKey<Value extends object | string>(make: (key: string) => Value): (key: string) => Value {
  const made = new Map<string, Value>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    if (key.length > KEY_CHARS_MAX) return value;
    // All at once: keys that strangers make up do not push each other out one by one.
    if (made.size >= KEYS_MAX) made.clear();
    made.set(key, value);
    return value;
  };
}

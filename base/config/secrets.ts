/** Values that must not be told again, and addresses that could hold one. */
import { complain, type Schema } from '#base/config/schema.ts';

/** A text whose problems never show it. */
export function secret(
  options: { readonly pattern?: RegExp; readonly expected?: string } = {},
): Schema<string> {
  const expected = options.expected ?? 'text';
  return {
    expected,
    read(node, path, context) {
      const value = node.kind === 'scalar' && node.value !== null ? node.text : undefined;
      if (value !== undefined && (options.pattern?.test(value) ?? true)) return value;
      return complain(context, node.place, path, `expected ${expected}; what stands here is not shown`);
    },
  };
}

const WITH_USER = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i;

/**
 * The same address, refused when it bears a user or password: addresses stand in
 * logs, metrics and answers.
 *
 * @param instead where they belong
 */
export function withoutUser(address: Schema<string>, instead: string): Schema<string> {
  return {
    ...address,
    read(node, path, context) {
      if (node.kind !== 'scalar' || !WITH_USER.test(node.text)) return address.read(node, path, context);
      const message = `an address must not hold a user or password; ${instead}`;
      return complain(context, node.place, path, message);
    },
  };
}

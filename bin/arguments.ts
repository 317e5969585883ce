/** Command lines: flags with values, checked, with the nearest valid name in errors. */
import { CodedError } from '#base/errors.ts';
import { nearestName } from '#base/nearest.ts';

export interface FlagDefinition {
  /** What stands after it in the help, `FILE` for example; undefined for a switch. */
  readonly value: string | undefined;
  readonly help: string;
}

export interface ParsedArguments {
  readonly flags: Readonly<Record<string, string>>;
  readonly positional: readonly string[];
}

/**
 * Reads `--flag VALUE`, `--flag=VALUE` and switches (value `'true'`).
 *
 * @throws CodedError `PLIM_USAGE`
 */
export function parseArguments(
  argv: readonly string[],
  definitions: Readonly<Record<string, FlagDefinition>>,
): ParsedArguments {
  const flags: Record<string, string> = {};
  const positional: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith('--')) {
      positional.push(word);
      continue;
    }
    const [name, inline] = split(word.slice(2));
    const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    if (definition === undefined) throw unknownFlag(name, Object.keys(definitions));
    if (Object.hasOwn(flags, name)) throw new CodedError('PLIM_USAGE', `--${name} is given twice`);
    flags[name] = flagValue(name, definition, inline, words);
  }
  return { flags, positional };
}

/** Takes the next word when the value does not stand behind an equals sign. */
function flagValue(
  name: string,
  definition: FlagDefinition,
  inline: string | undefined,
  words: string[],
): string {
  if (definition.value === undefined) {
    if (inline !== undefined) throw new CodedError('PLIM_USAGE', `--${name} takes no value`);
    return 'true';
  }
  const value = inline ?? words.shift();
  if (value === undefined || (inline === undefined && value.startsWith('--'))) {
    throw new CodedError('PLIM_USAGE', `--${name} needs a value: --${name} ${definition.value}`);
  }
  return value;
}

function split(word: string): [string, string | undefined] {
  const equals = word.indexOf('=');
  return equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function unknownFlag(name: string, known: readonly string[]): CodedError {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? `known are --${known.join(', --')}` : `did you mean --${nearest}?`;
  return new CodedError('PLIM_USAGE', `--${name} is not known here; ${hint}`);
}

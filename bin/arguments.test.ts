import { deepEqual, equal, match, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { parseArguments, type FlagDefinition } from '#bin/arguments.ts';
import { flagsHelp, UP_FLAGS } from '#bin/verbs/flags.ts';

const FLAGS: Readonly<Record<string, FlagDefinition>> = {
  data: { value: 'DIR', help: 'a folder' },
  listen: { value: 'HOST:PORT', help: 'an address' },
  insecure: { value: undefined, help: 'a switch' },
};

function refused(argv: readonly string[], message: RegExp): void {
  throws(
    () => parseArguments(argv, FLAGS),
    (error) => {
      match(String(error), message);
      return isCoded(error, 'PLIM_USAGE');
    },
  );
}

test('values stand behind the flag or behind an equals sign, the rest is positional', () => {
  const parsed = parseArguments(['one', '--data', 'x', '--listen=a:1', '--insecure', 'two'], FLAGS);
  deepEqual(parsed.flags, { data: 'x', listen: 'a:1', insecure: 'true' });
  deepEqual(parsed.positional, ['one', 'two']);
});

test('only the first equals sign divides, and an inline value may be empty or begin with dashes', () => {
  deepEqual(parseArguments(['--data=a=b'], FLAGS).flags, { data: 'a=b' });
  deepEqual(parseArguments(['--data='], FLAGS).flags, { data: '' });
  deepEqual(parseArguments(['--data=--x'], FLAGS).flags, { data: '--x' });
});

test('a value with one dash is a value', () => {
  deepEqual(parseArguments(['--data', '-'], FLAGS).flags, { data: '-' });
});

test('an unknown flag is answered with the nearest one, or with all', () => {
  refused(['--dta', 'x'], /--dta is not known here; did you mean --data\?/);
  refused(['--lisen=a:1'], /did you mean --listen\?/);
  refused(['--zzzzzzzz'], /known are --data, --listen, --insecure/);
});

test('names every object has are not flags', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
    refused([`--${name}`], /is not known here/);
});

test('a flag without its value', () => {
  refused(['--data'], /--data needs a value: --data DIR/);
  refused(['--data', '--listen', 'a:1'], /--data needs a value/);
});

test('a flag given twice, a switch with a value', () => {
  refused(['--data', 'x', '--data=y'], /--data is given twice/);
  refused(['--insecure', '--insecure'], /--insecure is given twice/);
  refused(['--insecure=yes'], /--insecure takes no value/);
});

test('the help of up names every flag once', () => {
  const lines = flagsHelp('up').split('\n');
  for (const name of Object.keys(UP_FLAGS))
    equal(lines.filter((line) => line.trim().split(' ')[0] === `--${name}`).length, 1, name);
});

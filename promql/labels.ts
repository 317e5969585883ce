/**
 * Label sets: reading, ordering and keys. Labels are plain records that come
 * from outside, so a name like `constructor` must not reach the prototype.
 */
import type { Labels } from '#signals/matchers.ts';

export const METRIC_NAME = '__name__';

/** The name and what describes the metric: an operation makes a new metric, so it drops them. */
const METRIC_IDENTITY: ReadonlySet<string> = new Set([METRIC_NAME, '__type__', '__unit__']);

/** A lone surrogate: no string that was decoded from UTF-8 contains it. */
const SEPARATOR = '\ud800';

/** Value of a label; empty when it is not set, which PromQL holds to be the same. */
export function labelOf(labels: Labels, name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
}

/** Labels from pairs; pairs with an empty value are left out. */
export function labelsOf(pairs: Iterable<readonly [string, string]>): Labels {
  return Object.fromEntries([...pairs].filter(([, value]) => value !== ''));
}

/** Rank of a UTF-16 unit in the order of UTF-8 bytes: surrogates come after U+FFFF. */
function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

/** Orders strings by their UTF-8 bytes; negative, zero or positive. */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const leftUnit = left.charCodeAt(index);
    const rightUnit = right.charCodeAt(index);
    if (leftUnit !== rightUnit) return rank(leftUnit) - rank(rightUnit);
  }
  return left.length - right.length;
}

/** Label names in the order of their UTF-8 bytes. */
export function sortedNames(labels: Labels): string[] {
  return Object.keys(labels).sort(compareUtf8);
}

/** Orders label sets as Prometheus does: pair by pair, then by length. */
export function compareLabels(left: Labels, right: Labels): number {
  const leftNames = sortedNames(left);
  const rightNames = sortedNames(right);
  const length = Math.min(leftNames.length, rightNames.length);
  for (let index = 0; index < length; index += 1) {
    const leftName = leftNames[index] ?? '';
    const rightName = rightNames[index] ?? '';
    const byName = compareUtf8(leftName, rightName);
    if (byName !== 0) return byName;
    const byValue = compareUtf8(labelOf(left, leftName), labelOf(right, rightName));
    if (byValue !== 0) return byValue;
  }
  return leftNames.length - rightNames.length;
}

/** Equal for equal label sets and only for them. */
export function labelsKey(labels: Labels): string {
  return keyWithout(labels, NOTHING);
}

const NOTHING: ReadonlySet<string> = new Set();

/** Key of the values of `names`, in their order. */
export function keyOf(labels: Labels, names: readonly string[]): string {
  let key = '';
  for (const name of names) key += labelOf(labels, name) + SEPARATOR;
  return key;
}

/** Key of all labels but `names`. */
export function keyWithout(labels: Labels, names: ReadonlySet<string>): string {
  let key = '';
  for (const name of Object.keys(labels).sort()) {
    const value = labelOf(labels, name);
    if (value !== '' && !names.has(name)) key += name + SEPARATOR + value + SEPARATOR;
  }
  return key;
}

/** Only the labels in `names`. */
export function keepLabels(labels: Labels, names: readonly string[]): Labels {
  return labelsOf(names.map((name) => [name, labelOf(labels, name)]));
}

/** All labels but those in `names`. */
export function dropLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return labelsOf(Object.entries(labels).filter(([name]) => !names.has(name)));
}

/** Without the name (and `__type__`, `__unit__`). */
export function dropMetricName(labels: Labels): Labels {
  return dropLabels(labels, METRIC_IDENTITY);
}

/** One label set to `value`, or removed when it is empty. */
export function withLabel(labels: Labels, name: string, value: string): Labels {
  return labelsOf([...Object.entries(labels).filter(([other]) => other !== name), [name, value]]);
}

/** `name{a="b"}` for messages. */
export function formatLabels(labels: Labels): string {
  const pairs = sortedNames(labels)
    .filter((name) => name !== METRIC_NAME)
    .map((name) => `${isPlainLabel(name) ? name : quote(name)}=${quote(labelOf(labels, name))}`);
  const name = labelOf(labels, METRIC_NAME);
  return pairs.length === 0 && name !== '' ? name : `${name}{${pairs.join(', ')}}`;
}

/** Whether a label name needs no quotes. */
export function isPlainLabel(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}

/** Whether a metric name needs no quotes. */
export function isPlainMetric(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
}

/** A string literal of PromQL. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

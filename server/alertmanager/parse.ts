/** What callers of the Alertmanager API write: query strings and the body of a silence. Pure. */
import { parseMatchers } from '#alerting/router/core/matcher-text.ts';
import type { AlertFilter, SilenceDraft, SilenceMatcher } from '#alerting/ports.ts';
import { CodedError } from '#base/errors.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';

export type Query = Readonly<Record<string, unknown>>;

/** Matchers in one request; each is a regex over every alert. */
const FILTERS_MAX = 50;
const MATCHERS_MAX = 100;

function bad(message: string): CodedError {
  return new CodedError('PLIM_PARAMETER', message);
}

/** `true` or `false`; `fallback` when not given. @throws CodedError `PLIM_PARAMETER` */
export function flag(query: Query, name: string, fallback: boolean): boolean {
  const value = query[name];
  if (value === undefined) return fallback;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw bad(`parameter ${name} is ${JSON.stringify(value)}; expected true or false`);
}

/** All matchers of the repeated parameter `filter`. @throws CodedError `PLIM_PARAMETER` */
export function filters(query: Query): readonly Matcher[] {
  const value = query['filter'];
  const texts: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  if (texts.length > FILTERS_MAX) throw bad(`${texts.length} filters; at most ${FILTERS_MAX} are taken`);
  return texts.flatMap((text) => {
    const parsed = parseMatchers(String(text));
    if (typeof parsed === 'string') throw bad(`bad matcher format: ${parsed}`);
    return parsed;
  });
}

/** @throws CodedError `PLIM_PARAMETER` */
export function alertFilter(query: Query): AlertFilter {
  if (query['receiver_matchers'] !== undefined) {
    throw bad('receiver_matchers is not supported yet; use receiver with a pattern');
  }
  const receiver = query['receiver'];
  if (receiver !== undefined && typeof receiver !== 'string') throw bad('receiver must be given once');
  return {
    active: flag(query, 'active', true),
    silenced: flag(query, 'silenced', true),
    matchers: filters(query),
    receiver: receiver === '' ? undefined : receiver,
  };
}

/** The body of POST /silences. @throws CodedError `PLIM_SILENCE_INVALID` */
export function silenceDraft(body: unknown): SilenceDraft {
  const value = map(body, 'the body');
  const matchers = value['matchers'];
  if (!Array.isArray(matchers)) throw invalid('matchers must be a list');
  if (matchers.length > MATCHERS_MAX) throw invalid(`at most ${MATCHERS_MAX} matchers are taken`);
  return {
    id: optionalText(value, 'id'),
    matchers: matchers.map(silenceMatcher),
    startsAtMs: time(value, 'startsAt'),
    endsAtMs: time(value, 'endsAt'),
    createdBy: textField(value, 'createdBy'),
    comment: textField(value, 'comment'),
    annotations: textMap(value['annotations']),
  };
}

function invalid(message: string): CodedError {
  return new CodedError('PLIM_SILENCE_INVALID', message);
}

function map(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${what} must be a JSON object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function silenceMatcher(value: unknown, index: number): SilenceMatcher {
  const matcher = map(value, `matchers[${index}]`);
  const isEqual = matcher['isEqual'] ?? true;
  const isRegex = matcher['isRegex'];
  if (typeof isRegex !== 'boolean' || typeof isEqual !== 'boolean') {
    throw invalid(`matchers[${index}] needs isRegex, true or false, and may have isEqual`);
  }
  return { name: textField(matcher, 'name'), value: textField(matcher, 'value'), isRegex, isEqual };
}

function textField(value: Readonly<Record<string, unknown>>, name: string): string {
  const text = value[name];
  if (typeof text !== 'string') throw invalid(`${name} must be text`);
  return text;
}

function optionalText(value: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const text = value[name];
  return text === undefined || text === null || text === '' ? undefined : textField(value, name);
}

function textMap(value: unknown): Labels {
  if (value === undefined || value === null) return {};
  const entries = Object.entries(map(value, 'annotations'));
  if (entries.some(([, text]) => typeof text !== 'string')) throw invalid('annotations must be texts');
  return Object.fromEntries(entries) as Labels;
}

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

function time(value: Readonly<Record<string, unknown>>, name: string): number {
  const text = value[name];
  const atMs = typeof text === 'string' && RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) throw invalid(`${name} must be a time such as 2026-01-31T12:00:00Z`);
  return atMs;
}

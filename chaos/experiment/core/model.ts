/**
 * An experiment as it was read: the shape of Chaos Toolkit, with our faults as
 * its actions and a few keys of our own.
 */
import type { ParameterValues } from '#chaos/core/parameters.ts';

/** What a probe's answer must be. `target` says what of the answer is looked at. */
export type Tolerance =
  | { readonly kind: 'equals'; readonly values: readonly Scalar[] }
  | { readonly kind: 'range'; readonly min: number; readonly max: number; readonly target: ToleranceTarget }
  | { readonly kind: 'regex'; readonly pattern: RegExp; readonly target: ToleranceTarget }
  /** Without `expect`: that there is something under the path. */
  | { readonly kind: 'jsonpath'; readonly path: string; readonly expect: Scalar | undefined };

export type Scalar = string | number | boolean | null;
/** Status of the answer, its body, or the milliseconds it took. */
export type ToleranceTarget = 'status' | 'body' | 'took_ms';

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** May hold `${name}`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON; undefined for no body. */
  readonly body: unknown;
  readonly timeoutMs: number;
}

interface Step {
  readonly name: string;
  readonly pauseBeforeMs: number;
  readonly pauseAfterMs: number;
}

export interface HttpStep extends Step {
  readonly kind: 'probe' | 'call';
  readonly call: HttpCall;
  /** Undefined: any answer will do. */
  readonly tolerance: Tolerance | undefined;
}

export interface FaultStep extends Step {
  readonly kind: 'fault';
  readonly fault: string;
  readonly target: string | undefined;
  readonly parameters: ParameterValues;
  /** The step lasts so long; undefined: the fault is on until the method ends. */
  readonly forMs: number | undefined;
}

export type MethodStep = HttpStep | FaultStep;

export interface ExpectedAlert {
  readonly labels: Readonly<Record<string, string>>;
  /** From the begin of the first fault. */
  readonly withinMs: number;
}

export interface Expectations {
  readonly alerts: readonly ExpectedAlert[];
  /** The service the first expected alert has to suspect. */
  readonly blame: string | undefined;
  /** No alert with these labels may begin while the method runs. */
  readonly mustNotPage: readonly Readonly<Record<string, string>>[];
}

export interface Experiment {
  readonly title: string;
  readonly description: string;
  readonly hypothesis: { readonly title: string; readonly probes: readonly HttpStep[] };
  readonly method: readonly MethodStep[];
  readonly rollbacks: readonly HttpStep[];
  /** Looked at all the time while the method runs; one that fails ends it. */
  readonly abort: { readonly everyMs: number; readonly probes: readonly HttpStep[] };
  readonly expect: Expectations;
  readonly leaseMs: number;
  /** Everything but the faults: they are announced and do nothing. */
  readonly sham: boolean;
  /** How long the steady state may take to come back. */
  readonly recoverMs: number;
  /** For `${name}` beside what the demo knows. */
  readonly configuration: Readonly<Record<string, string>>;
}

/** What `${name}` can stand for in every experiment: addresses of the demo. */
export const DEMO_VARIABLES = ['origin', 'otlpHttp', 'chaos', 'load', 'gateway'] as const;

const VARIABLE = /\$\{([\w.-]+)\}/g;

export function variablesOf(text: string): readonly string[] {
  return [...text.matchAll(VARIABLE)].map((match) => match[1] ?? '');
}

/** Unknown names stay as they are; the parser has refused them. */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(VARIABLE, (whole, name: string) => variables[name] ?? whole);
}

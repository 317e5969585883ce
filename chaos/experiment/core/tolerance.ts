/** Whether an answer is what a probe tolerates. */
import { findAll } from '#chaos/experiment/core/json-path.ts';
import type { Scalar, Tolerance, ToleranceTarget } from '#chaos/experiment/core/model.ts';

export interface Answer {
  /** 0 when there was none. */
  readonly status: number;
  readonly body: string;
  readonly tookMs: number;
  /** Why there was none. */
  readonly error: string | undefined;
}

/** Without a tolerance any answer is one; no answer is only where status 0 is asked for. */
export function isTolerated(tolerance: Tolerance | undefined, answer: Answer): boolean {
  if (answer.error !== undefined) return tolerance?.kind === 'equals' && tolerance.values.includes(0);
  switch (tolerance?.kind) {
    case undefined:
      return true;
    case 'equals':
      return tolerance.values.some((value) => value === answer.status || value === answer.body);
    case 'range': {
      const value = Number(valueOf(answer, tolerance.target));
      return value >= tolerance.min && value <= tolerance.max;
    }
    case 'regex':
      return tolerance.pattern.test(String(valueOf(answer, tolerance.target)));
    case 'jsonpath': {
      const found = findAll(parsed(answer.body), tolerance.path);
      return tolerance.expect === undefined
        ? found.length > 0
        : found.some((value) => value === tolerance.expect);
    }
  }
}

/** `status 200`, for reports. */
export function toleranceText(tolerance: Tolerance | undefined): string {
  switch (tolerance?.kind) {
    case undefined:
      return 'any answer';
    case 'equals':
      return tolerance.values.map((value) => scalarText(value)).join(' or ');
    case 'range':
      return `${tolerance.target} from ${tolerance.min} to ${tolerance.max}`;
    case 'regex':
      return `${tolerance.target} like ${tolerance.pattern.source}`;
    case 'jsonpath':
      return `${tolerance.path}${tolerance.expect === undefined ? ' is there' : ` is ${scalarText(tolerance.expect)}`}`;
  }
}

export function answerText(answer: Answer): string {
  return answer.error ?? `status ${answer.status} after ${Math.round(answer.tookMs)} ms`;
}

function scalarText(value: Scalar): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function valueOf(answer: Answer, target: ToleranceTarget): string | number {
  switch (target) {
    case 'status':
      return answer.status;
    case 'body':
      return answer.body;
    case 'took_ms':
      return answer.tookMs;
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

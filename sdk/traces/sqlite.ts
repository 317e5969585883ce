/** Spans for `node:sqlite`: each run of a prepared statement and each `exec`, as CLIENT spans (database conventions). */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';

const tracer = trace.getTracer('@plimsoll/sdk');
/** A longer statement is cut in its attribute. */
const QUERY_CHARS_MAX = 1000;
const RUNS = ['run', 'get', 'all'] as const;
/** Texts and numbers written into a statement instead of handed to it: what `exec` takes may hold some. */
const LITERALS = /'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b/g;

/**
 * Instruments `database` in place and returns it. Statements prepared before are
 * not seen, nor are `iterate` and what runs outside of any span: a service's
 * start is nobody's request.
 */
export function instrumentSqlite(database: DatabaseSync): DatabaseSync {
  const prepare = database.prepare.bind(database);
  const exec = database.exec.bind(database);
  database.prepare = (...args: Parameters<DatabaseSync['prepare']>): StatementSync => {
    const statement = prepare(...args);
    const attributes = describe(args[0]);
    for (const method of RUNS) {
      const original = statement[method].bind(statement) as (...values: unknown[]) => unknown;
      Object.defineProperty(statement, method, {
        configurable: true,
        writable: true,
        value: (...values: unknown[]): unknown => traced(attributes, () => original(...values)),
      });
    }
    return statement;
  };
  database.exec = (sql: string): void => traced(describe(sql.replaceAll(LITERALS, '?')), () => exec(sql));
  return database;
}

function describe(sql: string): Attributes {
  return {
    'db.system.name': 'sqlite',
    'db.operation.name': /^\s*([A-Za-z]+)/.exec(sql)?.[1]?.toUpperCase() ?? 'QUERY',
    'db.query.text': sql.trim().replaceAll(/\s+/g, ' ').slice(0, QUERY_CHARS_MAX),
  };
}

function traced<Result>(attributes: Attributes, work: () => Result): Result {
  if (trace.getActiveSpan() === undefined) return work();
  const span = tracer.startSpan(`sqlite ${String(attributes['db.operation.name'])}`, {
    kind: SpanKind.CLIENT,
    attributes,
  });
  try {
    return work();
  } catch (error) {
    const isError = error instanceof Error;
    span.setAttribute('error.type', isError ? error.name : typeof error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: isError ? error.message : String(error) });
    throw error;
  } finally {
    span.end();
  }
}

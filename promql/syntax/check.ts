/** Types: what the grammar allows but the language does not. */
import { present } from '#base/invariant.ts';
import {
  COMPARISONS,
  SET_OPERATORS,
  type Aggregation,
  type Binary,
  type Call,
  type Expression,
  type ValueType,
} from '#promql/syntax/ast.ts';
import { parseError } from '#promql/syntax/position.ts';
import { SIGNATURES, type Signature } from '#promql/syntax/signatures.ts';

const FIXED_TYPES = {
  number: 'scalar',
  string: 'string',
  selector: 'instant vector',
  aggregation: 'instant vector',
  range: 'range vector',
  subquery: 'range vector',
} as const satisfies Partial<Record<Expression['kind'], ValueType>>;

type FixedKind = keyof typeof FIXED_TYPES;

function isFixed(expression: Expression): expression is Extract<Expression, { kind: FixedKind }> {
  return Object.hasOwn(FIXED_TYPES, expression.kind);
}

/** Type of the value an expression has. */
export function typeOf(expression: Expression): ValueType {
  if (isFixed(expression)) return FIXED_TYPES[expression.kind];
  switch (expression.kind) {
    case 'parentheses':
      return typeOf(expression.expression);
    case 'unary':
      return typeOf(expression.operand);
    case 'binary': {
      const scalars = typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar';
      return scalars ? 'scalar' : 'instant vector';
    }
    case 'call':
      return signatureOf(expression).returns;
  }
}

function signatureOf(call: Call): Signature {
  return present(SIGNATURES[call.name], 'the parser only lets known functions through');
}

/** @throws CodedError `PLIM_PROMQL` at the first expression whose type does not fit */
export function checkTypes(text: string, expression: Expression): void {
  for (const child of childrenOf(expression)) checkTypes(text, child);
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'selector':
    case 'range':
    case 'parentheses':
      return;
    case 'subquery':
      checkSubquery(text, expression.expression);
      return;
    case 'unary':
      checkUnary(text, expression.operand);
      return;
    case 'binary':
      checkBinary(text, expression);
      return;
    case 'aggregation':
      checkAggregation(text, expression);
      return;
    case 'call':
      checkCall(text, expression);
  }
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'selector':
    case 'range':
      return [];
    case 'parentheses':
    case 'subquery':
      return [expression.expression];
    case 'unary':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'aggregation':
      return [expression.parameter, expression.operand].filter((child) => child !== undefined);
    case 'call':
      return expression.args;
  }
}

function expectType(
  text: string,
  expression: Expression,
  { wanted, context }: { readonly wanted: ValueType; readonly context: string },
): void {
  const actual = typeOf(expression);
  if (actual !== wanted) {
    throw parseError(text, expression.start, `expected type ${wanted} in ${context}, got ${actual}`);
  }
}

function checkSubquery(text: string, inner: Expression): void {
  const actual = typeOf(inner);
  if (actual !== 'instant vector') {
    throw parseError(text, inner.start, `subquery is only allowed on instant vector, got ${actual} instead`);
  }
}

function checkUnary(text: string, operand: Expression): void {
  const actual = typeOf(operand);
  if (actual !== 'scalar' && actual !== 'instant vector') {
    throw parseError(
      text,
      operand.start,
      `unary expression only allowed on expressions of type scalar or instant vector, got "${actual}"`,
    );
  }
}

function checkBinary(text: string, binary: Binary): void {
  const { operator, matching } = binary;
  const types = [binary.left, binary.right].map((side) => {
    const type = typeOf(side);
    if (type !== 'scalar' && type !== 'instant vector') {
      throw parseError(
        text,
        side.start,
        'binary expression must contain only scalar and instant vector types',
      );
    }
    return type;
  });
  const scalars = types.filter((type) => type === 'scalar').length;
  if (scalars === 2 && COMPARISONS.has(operator) && !binary.bool) {
    throw parseError(text, binary.operatorSpan.start, 'comparisons between scalars must use BOOL modifier');
  }
  if (scalars > 0 && SET_OPERATORS.has(operator)) {
    throw parseError(
      text,
      binary.operatorSpan.start,
      `set operator "${operator}" not allowed in binary scalar expression`,
    );
  }
  if (scalars > 0 && (matching.explicit || matching.fill !== undefined)) {
    throw parseError(text, binary.operatorSpan.start, 'vector matching only allowed between instant vectors');
  }
}

function checkAggregation(text: string, { operator, operand, parameter }: Aggregation): void {
  expectType(text, operand, { wanted: 'instant vector', context: 'aggregation expression' });
  if (parameter === undefined) return;
  const wanted = operator === 'count_values' ? 'string' : 'scalar';
  expectType(text, parameter, { wanted, context: 'aggregation parameter' });
}

function checkCall(text: string, call: Call): void {
  const { args, optional } = signatureOf(call);
  const given = call.args.length;
  const fail = (quantity: string): never => {
    throw parseError(
      text,
      call.start,
      `expected ${quantity} argument(s) in call to "${call.name}", got ${given}`,
    );
  };
  if (optional === 0 && given !== args.length) fail(String(args.length));
  const least = args.length - (optional === 'any' ? 1 : optional);
  if (given < least) fail(`at least ${least}`);
  if (optional !== 'any' && given > args.length) fail(`at most ${args.length}`);
  for (const [index, argument] of call.args.entries()) {
    const wanted = present(args[Math.min(index, args.length - 1)], 'a function with arguments has types');
    expectType(text, argument, { wanted, context: `call to function "${call.name}"` });
  }
}

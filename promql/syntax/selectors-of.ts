/** The selectors of an expression: which series it looks at, wherever they stand. */
import type { Expression, Selector } from '#promql/syntax/ast.ts';

/** From left to right. */
export function selectorsOf(expression: Expression): readonly Selector[] {
  switch (expression.kind) {
    case 'number':
    case 'string':
      return [];
    case 'selector':
      return [expression];
    case 'range':
      return [expression.selector];
    case 'subquery':
    case 'parentheses':
      return selectorsOf(expression.expression);
    case 'unary':
      return selectorsOf(expression.operand);
    case 'binary':
      return [...selectorsOf(expression.left), ...selectorsOf(expression.right)];
    case 'aggregation': {
      const parameter = expression.parameter === undefined ? [] : selectorsOf(expression.parameter);
      return [...parameter, ...selectorsOf(expression.operand)];
    }
    case 'call':
      return expression.args.flatMap(selectorsOf);
  }
}

/**
 * Scripts of `bucket_script`: one expression of Painless.
 *
 *     script     = [ 'return' ] expression [ ';' ]
 *     expression = or [ '?' expression ':' expression ]
 *     or         = and { '||' and }            and     = equal { '&&' equal }
 *     equal      = relation { ( '==' | '!=' ) relation }
 *     relation   = sum [ ( '<' | '<=' | '>' | '>=' ) sum ]
 *     sum        = product { ( '+' | '-' ) product }
 *     product    = unary { ( '*' | '/' | '%' ) unary }
 *     unary      = ( '-' | '+' | '!' ) unary | primary
 *     primary    = number | 'true' | 'false' | 'params.' name
 *                | 'Math.' name '(' expression { ',' expression } ')' | '(' expression ')'
 *
 * `params` are doubles, numbers without point or exponent are ints (longs with `L`),
 * and of two types the wider one counts. So 1 / 2 is 0, and params.a / 2 is what one
 * expects. `Math` works on doubles, `round` makes a long. A choice between numbers
 * has the wider type of both; with anything of `params` in it, each keeps its own.
 */
import {
  MATH_FUNCTIONS,
  type ArithmeticOperator,
  type ComparisonOperator,
  type ConditionScript,
  type MathFunction,
  type NumberType,
  type NumericScript,
} from '#storage/document-scripts.ts';
import { TokenReader } from '#server/elasticsearch/core/scripts/tokens.ts';

/** Parentheses, calls, choices and signs within each other. */
export const NESTING_MAX = 50;

type Script = NumericScript | ConditionScript;

const INT_MAX = 2 ** 31 - 1;
const LONG_MAX = 2n ** 63n - 1n;

/**
 * @param names of the paths, without which there is no `params.NAME`
 * @throws ElasticError `script_exception`
 */
export function parseBucketScript(source: string, names: ReadonlySet<string>): NumericScript {
  return new Parser(source, names).script();
}

class Parser {
  readonly #reader: TokenReader;
  readonly #names: ReadonlySet<string>;
  #depth = 0;

  constructor(source: string, names: ReadonlySet<string>) {
    this.#reader = new TokenReader(source);
    this.#names = names;
  }

  script(): NumericScript {
    this.#reader.take('return');
    const script = this.#expression();
    this.#reader.expectEnd();
    return this.#number(script);
  }

  #nested<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > NESTING_MAX) throw this.#reader.error(`more than ${NESTING_MAX} levels`);
    const parsed = parse();
    this.#depth -= 1;
    return parsed;
  }

  #expression(): Script {
    return this.#nested(() => {
      const first = this.#or();
      if (this.#reader.take('?') === undefined) return first;
      const test = this.#condition(first);
      const yes = this.#number(this.#expression());
      this.#reader.expect(':');
      const no = this.#number(this.#expression());
      return { kind: 'choose', type: widest(typeOf(yes), typeOf(no)), test, yes, no };
    });
  }

  #or(): Script {
    let left = this.#and();
    while (this.#reader.take('||') !== undefined)
      left = { kind: 'or', left: this.#condition(left), right: this.#condition(this.#and()) };
    return left;
  }

  #and(): Script {
    let left = this.#equal();
    while (this.#reader.take('&&') !== undefined)
      left = { kind: 'and', left: this.#condition(left), right: this.#condition(this.#equal()) };
    return left;
  }

  #equal(): Script {
    const left = this.#relation();
    const operator = this.#reader.take('==', '!=');
    return operator === undefined ? left : this.#compare(operator, left, this.#relation());
  }

  #relation(): Script {
    const left = this.#sum();
    const operator = this.#reader.take('<', '<=', '>', '>=');
    return operator === undefined ? left : this.#compare(operator, left, this.#sum());
  }

  #compare(operator: string, a: Script, b: Script): ConditionScript {
    const [left, right] = [this.#number(a), this.#number(b)];
    return { kind: 'compare', operator: operator as ComparisonOperator, left, right };
  }

  #sum(): Script {
    let left = this.#product();
    for (let sign = this.#reader.take('+', '-'); sign !== undefined; sign = this.#reader.take('+', '-'))
      left = this.#arithmetic(sign, left, this.#product());
    return left;
  }

  #product(): Script {
    const operator = (): string | undefined => this.#reader.take('*', '/', '%');
    let left = this.#unary();
    for (let sign = operator(); sign !== undefined; sign = operator())
      left = this.#arithmetic(sign, left, this.#unary());
    return left;
  }

  #arithmetic(sign: string, a: Script, b: Script): NumericScript {
    const [left, right] = [this.#number(a), this.#number(b)];
    const isDivision = sign === '/' || sign === '%';
    if (isDivision && isWholeLiteral(left) && isWholeLiteral(right) && Number(right.value) === 0)
      throw this.#reader.error('a division of whole numbers by zero');
    return { kind: 'arithmetic', operator: sign as ArithmeticOperator, left, right };
  }

  #unary(): Script {
    const sign = this.#reader.take('-', '+', '!');
    if (sign === undefined) return this.#primary();
    return this.#nested(() => {
      // The smallest int is a number only with its sign.
      if (sign === '-' && this.#reader.next?.kind === 'number') return this.#literal('-');
      const of = this.#unary();
      if (sign === '!') return { kind: 'not', of: this.#condition(of) };
      const number = this.#number(of);
      return sign === '+' ? number : { kind: 'negate', of: number };
    });
  }

  #primary(): Script {
    const reader = this.#reader;
    if (reader.next?.kind === 'number') return this.#literal('');
    if (reader.take('(') !== undefined) {
      const inside = this.#expression();
      reader.expect(')');
      return inside;
    }
    const name = reader.takeKind('name');
    switch (name) {
      case 'true':
      case 'false':
        return { kind: 'constant', holds: name === 'true' };
      case 'params':
        return this.#param();
      case 'Math':
        return this.#call();
      case undefined:
        throw reader.unexpected('a value');
      default:
        throw reader.error(`[${name}] is not supported: values are named params.NAME`);
    }
  }

  #param(): NumericScript {
    this.#reader.expect('.');
    const name = this.#reader.takeKind('name') ?? '';
    if (!this.#names.has(name)) throw this.#reader.error(`buckets_path has no [${name}] for params.${name}`);
    return { kind: 'param', name };
  }

  #call(): NumericScript {
    const reader = this.#reader;
    reader.expect('.');
    const name = reader.takeKind('name') ?? '';
    if (!isMathFunction(name)) throw reader.error(`[Math.${name}] is not supported`);
    reader.expect('(');
    const values = [this.#number(this.#expression())];
    while (reader.take(',') !== undefined) values.push(this.#number(this.#expression()));
    reader.expect(')');
    if (values.length !== MATH_FUNCTIONS[name])
      throw reader.error(`[Math.${name}] takes ${MATH_FUNCTIONS[name]} values, not ${values.length}`);
    return { kind: 'call', name, values };
  }

  #literal(sign: '-' | ''): NumericScript {
    const text = `${sign}${this.#reader.takeKind('number') ?? ''}`;
    if (/[fF]$/.test(text)) throw this.#reader.error(`[${text}] is a float, which is not supported`);
    if (/^-?\d+[lL]$/.test(text)) return this.#long(text, BigInt(text.slice(0, -1)));
    if (/[lL]$/.test(text)) throw this.#reader.error(`[${text}] is no whole number`);
    const value = Number(text.replace(/[dD]$/, ''));
    if (!/^-?\d+$/.test(text)) return { kind: 'number', type: 'double', value };
    if (value > INT_MAX || value < -INT_MAX - 1)
      throw this.#reader.error(`[${text}] is beyond an int: write [${text}L] or [${text}.0]`);
    return { kind: 'number', type: 'int', value };
  }

  #long(text: string, value: bigint): NumericScript {
    if (value > LONG_MAX || value < -LONG_MAX - 1n) throw this.#reader.error(`[${text}] is beyond a long`);
    return { kind: 'number', type: 'long', value };
  }

  #number(script: Script): NumericScript {
    if (!isCondition(script)) return script;
    throw this.#reader.error('a condition stands where a number is expected');
  }

  #condition(script: Script): ConditionScript {
    if (isCondition(script)) return script;
    throw this.#reader.error('a number stands where a condition is expected');
  }
}

function isMathFunction(name: string): name is MathFunction {
  return Object.hasOwn(MATH_FUNCTIONS, name);
}

const CONDITIONS: ReadonlySet<string> = new Set<ConditionScript['kind']>([
  'constant',
  'compare',
  'not',
  'and',
  'or',
]);

function isCondition(script: Script): script is ConditionScript {
  return CONDITIONS.has(script.kind);
}

/** Undefined for what is known only when it is evaluated, as all is that is made of `params`. */
function typeOf(script: NumericScript): NumberType | undefined {
  switch (script.kind) {
    case 'number':
    case 'choose':
      return script.type;
    case 'param':
      return undefined;
    case 'negate':
      return typeOf(script.of);
    case 'arithmetic':
      return widest(typeOf(script.left), typeOf(script.right));
    case 'call':
      return script.name === 'round' ? 'long' : 'double';
    default:
      return script satisfies never;
  }
}

function widest(left: NumberType | undefined, right: NumberType | undefined): NumberType | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (left === 'double' || right === 'double') return 'double';
  return left === 'long' || right === 'long' ? 'long' : 'int';
}

function isWholeLiteral(
  script: NumericScript,
): script is Extract<NumericScript, { readonly kind: 'number' }> {
  return script.kind === 'number' && script.type !== 'double';
}

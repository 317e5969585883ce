/** Reads a service's settings from its environment, and says all that is wrong with them at once. */

type Variables = Readonly<Record<string, string | undefined>>;

export class Environment {
  readonly #variables: Variables;
  readonly #problems: string[] = [];

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  /** @param instead used when it is not set; without it the variable is required */
  text(name: string, instead?: string): string {
    const value = this.#variables[name];
    if (value !== undefined && value !== '') return value;
    if (instead === undefined) this.#problems.push(`${name} is not set`);
    return instead ?? '';
  }

  /** A whole number in [min, max]; a default is used when it is not set. */
  integer(
    name: string,
    range: { readonly min: number; readonly max: number; readonly instead: number },
  ): number {
    const { min, max, instead } = range;
    const text = this.#variables[name];
    if (text === undefined || text === '') return instead;
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    this.#problems.push(`${name}=${text}: must be a whole number from ${min} to ${max}`);
    return instead;
  }

  /** Where another service is reached, without a slash at the end. */
  url(name: string): string {
    const text = this.text(name);
    if (text === '') return '';
    const url = URL.parse(text);
    if (url === null || url.protocol !== 'http:') {
      this.#problems.push(`${name}=${text}: must be an address like http://127.0.0.1:8080`);
    }
    return text.replace(/\/+$/, '');
  }

  /** @throws Error that names every variable that is missing or wrong */
  check(): void {
    if (this.#problems.length > 0) throw new Error(`environment: ${this.#problems.join('; ')}`);
  }
}

/** What every service is told. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Port 0 takes any that is free. */
export function readAddress(env: Environment): Address {
  return {
    host: env.text('HOST', '127.0.0.1'),
    port: env.integer('PORT', { min: 0, max: 65_535, instead: 0 }),
  };
}

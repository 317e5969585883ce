/**
 * `${env:NAME}` and `${env:NAME:-default}` in the values of a file, as the
 * OpenTelemetry Collector writes them; `${NAME}` means the same, `$$` is one `$`.
 * Keys stay as they are, and so does a `$` before anything else.
 */
import { parseYaml, type ConfigNode, type Place } from '#base/config/yaml.ts';

/** An environment, or what stands for one. */
export type Variables = Readonly<Record<string, string | undefined>>;

type ScalarNode = Extract<ConfigNode, { kind: 'scalar' }>;
type Complain = (message: string, place: Place) => void;

const REFERENCE = /\$\$|\$\{([^}]*)\}/g;
/** The value is this one reference and nothing else: then it may be a number or a truth value. */
const ALONE = /^\$\{[^}]*\}$/;
const INSIDE = /^(?:env:)?([A-Za-z_]\w*)(?::-([^]*))?$/;

/** The same tree with variables put in; `complain` hears of each that is missing or cannot be read. */
export function withVariables(node: ConfigNode, variables: Variables, complain: Complain): ConfigNode {
  if (node.kind === 'map') {
    const entries = node.entries.map((entry) => ({
      ...entry,
      value: withVariables(entry.value, variables, complain),
    }));
    return { ...node, entries };
  }
  if (node.kind === 'list') {
    return { ...node, items: node.items.map((item) => withVariables(item, variables, complain)) };
  }
  return typeof node.value === 'string' && node.value.includes('$')
    ? expanded(node, node.value, variables, complain)
    : node;
}

function expanded(node: ScalarNode, written: string, variables: Variables, complain: Complain): ScalarNode {
  const text = written.replace(REFERENCE, (match, inside: string | undefined) => {
    if (inside === undefined) return '$';
    const value = valueOf(inside, variables);
    if ('problem' in value) complain(value.problem, node.place);
    return 'text' in value ? value.text : match;
  });
  return { ...node, text, value: ALONE.test(written) ? typed(text) : text };
}

/** Set but empty is a value, as with the Collector: the default stands for what is not set. */
function valueOf(
  inside: string,
  variables: Variables,
): { readonly text: string } | { readonly problem: string } {
  const [, name, instead] = INSIDE.exec(inside) ?? [];
  if (name === undefined) {
    return {
      problem: `$\{${inside}} cannot be read; expected $\{env:NAME} or $\{env:NAME:-DEFAULT}, and $$ for a $`,
    };
  }
  const text = (Object.hasOwn(variables, name) ? variables[name] : undefined) ?? instead;
  return text === undefined
    ? { problem: `the environment variable ${name} is not set; set it, or write $\{env:${name}:-DEFAULT}` }
    : { text };
}

/** What YAML would read in its place, when that is no map or list. */
function typed(text: string): ScalarNode['value'] {
  if (text === '') return null;
  const { roots, problems } = parseYaml('', text);
  const [root] = roots;
  return problems.length === 0 && root?.kind === 'scalar' ? root.value : text;
}

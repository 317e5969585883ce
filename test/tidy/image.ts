/** `Dockerfile` as the tests see it: its stages, what each copies, who runs it. */

export interface Copy {
  /** From the folder it is built in, or from another stage. */
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

export interface Stage {
  /** Image or stage it begins with. */
  readonly base: string;
  readonly name: string | undefined;
  readonly copies: readonly Copy[];
  readonly runs: readonly string[];
  /** As `USER` says at its end. */
  readonly user: string | undefined;
  readonly hasHealthCheck: boolean;
}

/** Stages in their order; the last one is the image. Reads what our file uses, no more. */
export function readStages(dockerfile: string): readonly Stage[] {
  const lines = dockerfile
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
  const stages: Stage[] = [];
  for (const line of lines) {
    const [instruction = '', ...words] = line.split(/\s+/);
    if (instruction === 'FROM') {
      const [base = '', , name] = words;
      stages.push({ base, name, copies: [], runs: [], user: undefined, hasHealthCheck: false });
      continue;
    }
    const stage = stages.pop();
    if (stage === undefined) throw new Error(`Dockerfile: ${line} stands before FROM`);
    stages.push(withInstruction(stage, instruction, words));
  }
  return stages;
}

function withInstruction(stage: Stage, instruction: string, words: readonly string[]): Stage {
  switch (instruction) {
    case 'COPY':
      return { ...stage, copies: [...stage.copies, copyOf(words)] };
    case 'RUN':
      return { ...stage, runs: [...stage.runs, words.join(' ')] };
    case 'USER':
      return { ...stage, user: words[0] };
    case 'HEALTHCHECK':
      return { ...stage, hasHealthCheck: words[0] !== 'NONE' };
    default:
      return stage;
  }
}

function copyOf(words: readonly string[]): Copy {
  const flag = words.find((word) => word.startsWith('--from='));
  const paths = words.filter((word) => !word.startsWith('--'));
  return { from: flag?.slice('--from='.length), sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}

/** Paths from the folder it is built in, of one stage. */
export function copiedFromTree({ copies }: Stage): readonly string[] {
  return copies.flatMap(({ from, sources }) => (from === undefined ? sources : []));
}

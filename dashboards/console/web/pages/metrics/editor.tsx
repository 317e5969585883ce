import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewline } from '@codemirror/commands';
import { bracketMatching } from '@codemirror/language';
import { forceLinting, linter, type Diagnostic } from '@codemirror/lint';
import { Annotation, EditorState, StateEffect, StateField, type Extension } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { useEffect, useRef, type ReactNode } from 'react';
import type { QueryProblem } from '#dashboards/console/core/metrics/prom-error.ts';
import { completionClient } from '#dashboards/console/web/pages/metrics/completion.ts';
import { editorColors, editorLook } from '#dashboards/console/web/pages/metrics/editor-look.ts';

export interface EditorProps {
  /** The query that was run. */
  readonly value: string;
  /** For who cannot see it. */
  readonly label: string;
  /** What the API said about `value`. */
  readonly problem: QueryProblem | undefined;
  readonly onRun: (text: string) => void;
  /** What stands in the field, run or not. */
  readonly onDraft: (text: string) => void;
}

interface Answered {
  readonly query: string;
  readonly problem: QueryProblem;
}

const setAnswered = StateEffect.define<Answered | undefined>();
/** Marks a change that came from the address, not from a person. */
const fromOutside = Annotation.define<boolean>();

/** The last error of the API, as long as its query still stands there. */
const answered = StateField.define<Answered | undefined>({
  create: () => undefined,
  update: (before, transaction) => {
    for (const effect of transaction.effects) if (effect.is(setAnswered)) return effect.value;
    return before;
  },
});

function answeredProblems({ state }: EditorView): readonly Diagnostic[] {
  const last = state.field(answered);
  const { doc } = state;
  if (last?.problem.offset === undefined || last.query !== doc.toString()) return [];
  const from = Math.min(last.problem.offset, Math.max(0, doc.length - 1));
  return [{ from, to: doc.length, severity: 'error', message: last.problem.message }];
}

/**
 * A field for PromQL. Stands in a shadow root: there its styles are adopted sheets, which
 * a page that allows no inline styles may have.
 */
export function Editor(props: EditorProps): ReactNode {
  const { value, problem } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({ doc: latest.current.value, extensions: extensions(() => latest.current) }),
    });
    view.current = made;
    // The `/` key focuses what it finds; the field itself stands deeper than it looks.
    element.focus = () => made.focus();
    return () => {
      made.destroy();
      view.current = undefined;
    };
  }, []);
  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === value) return;
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: value },
      annotations: fromOutside.of(true),
    });
  }, [value]);
  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    const effect = setAnswered.of(problem === undefined ? undefined : { query: value, problem });
    editor.dispatch({ effects: effect });
    forceLinting(editor);
  }, [problem, value]);
  return <div ref={host} className="promql-editor" data-search="" />;
}

function extensions(current: () => EditorProps): Extension {
  const run = (view: EditorView): boolean => {
    current().onRun(view.state.doc.toString());
    return true;
  };
  return [
    answered,
    history(),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ icons: false }),
    new PromQLExtension().setComplete({ remote: completionClient }).asExtension(),
    linter(answeredProblems, { needsRefresh: () => true }),
    EditorView.lineWrapping,
    placeholder('Type PromQL, or choose a metric below; Enter runs it'),
    EditorView.contentAttributes.of({ 'aria-label': current().label, spellcheck: 'false' }),
    keymap.of([
      { key: 'Enter', run },
      { key: 'Shift-Enter', run: insertNewline },
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...historyKeymap,
      ...completionKeymap,
    ]),
    EditorView.updateListener.of((update) => {
      const typed = update.transactions.every((one) => one.annotation(fromOutside) !== true);
      if (update.docChanged && typed) current().onDraft(update.state.doc.toString());
    }),
    editorLook,
    editorColors,
  ];
}

/** How the editor looks: tokens only, as everything else. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const MONO = '400 12px/18px var(--mono)';

export const editorLook = EditorView.theme({
  '&': {
    color: 'var(--text-1)',
    backgroundColor: 'var(--surface-0)',
    border: '1px solid var(--line)',
    borderRadius: '4px',
  },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
  '.cm-scroller': { font: MONO, maxHeight: '180px' },
  '.cm-content': { padding: '4px 0', caretColor: 'var(--text-1)' },
  '.cm-line': { padding: '0 8px' },
  '.cm-cursor': { borderLeftColor: 'var(--text-1)' },
  '.cm-placeholder': { color: 'var(--text-3)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--line)',
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--surface-2)',
    outline: '1px solid var(--text-3)',
  },
  '.cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket': { color: 'var(--burning)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--burning)',
    textUnderlineOffset: '3px',
  },
  '.cm-tooltip': {
    color: 'var(--text-1)',
    backgroundColor: 'var(--surface-1)',
    border: '1px solid var(--line)',
    borderRadius: '4px',
    zIndex: '40',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { font: MONO, maxHeight: '240px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    color: 'var(--text-1)',
    backgroundColor: 'var(--surface-2)',
    outline: '1px solid var(--accent)',
    outlineOffset: '-1px',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent)' },
  '.cm-completionDetail': { color: 'var(--text-3)', fontStyle: 'normal' },
  '.cm-completionIcon': { display: 'none' },
  '.cm-tooltip.cm-completionInfo': { padding: '4px 8px', maxWidth: '360px' },
  '.cm-diagnostic': { padding: '4px 8px', borderLeft: '2px solid var(--burning)' },
});

export const editorColors = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--blind)' },
    { tag: [tags.function(tags.variableName)], color: 'var(--accent)' },
    { tag: [tags.labelName], color: 'var(--catching-up)' },
    { tag: [tags.string], color: 'var(--ok)' },
    { tag: [tags.number], color: 'var(--ticket)' },
    { tag: [tags.operator, tags.bracket, tags.punctuation], color: 'var(--text-2)' },
    { tag: [tags.lineComment], color: 'var(--text-3)' },
    { tag: [tags.invalid], color: 'var(--burning)' },
  ]),
);

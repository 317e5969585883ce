/** Found documents as they are answered with. */
import { documentToJson } from '#signals/elasticsearch/document-json.ts';
import { logDocument, spanDocument } from '#signals/elasticsearch/documents.ts';
import { FIELD_ALIASES, fieldTarget } from '#signals/elasticsearch/fields.ts';
import type {
  DocumentSearchRequest,
  FieldRequest,
  FieldValue,
  FoundDocument,
} from '#storage/document-search.ts';
import type { Row } from '#storage/embedded/documents/core/columns.ts';
import { itemIdOf, logFromRow, SharedParts, spanFromRow } from '#storage/embedded/documents/core/rows.ts';
import { dateText } from '#storage/embedded/documents/core/search/date-text.ts';
import type { StreamFields } from '#storage/embedded/documents/core/search/field-access.ts';
import { highlighter } from '#storage/embedded/documents/core/search/highlight.ts';
import type { Candidate } from '#storage/embedded/documents/core/search/order.ts';
import { namePattern, patternTest } from '#storage/embedded/documents/core/search/patterns.ts';
import { filterSource } from '#storage/embedded/documents/core/search/source-filter.ts';

/** Makes answers of the rows of one stream. */
export function foundDocuments(request: DocumentSearchRequest, fields: StreamFields) {
  const shared = new SharedParts();
  const { source, highlight } = request;
  const mark = highlight === undefined ? () => ({}) : highlighter(request.query, highlight, fields);
  return (row: Row, { sort }: Candidate): FoundDocument => {
    const document = () =>
      fields.stream === 'logs'
        ? logDocument(logFromRow(row, shared))
        : spanDocument(spanFromRow(row, shared));
    return {
      stream: fields.stream,
      id: itemIdOf(row),
      source: source === false ? undefined : documentToJson(filterSource(document(), source)),
      fields: fieldsOf(row, request.fields, fields),
      highlight: mark(row),
      sort,
    };
  };
}

function fieldsOf(
  row: Row,
  requests: readonly FieldRequest[],
  fields: StreamFields,
): Readonly<Record<string, readonly FieldValue[]>> {
  const found: [string, readonly FieldValue[]][] = [];
  for (const { field, format } of requests) {
    for (const [name, values, isDate] of named(field, row, fields)) {
      if (values.length === 0) continue;
      found.push([name, isDate ? values.map((value) => dateText(Number(value), format)) : values]);
    }
  }
  return Object.fromEntries(found);
}

type Named = readonly [name: string, values: readonly FieldValue[], isDate: boolean];

function named(field: string, row: Row, fields: StreamFields): readonly Named[] {
  if (!field.includes('*')) {
    const access = fields.access(field);
    return [[field, access.read(row), access.type === 'date']];
  }
  const test = patternTest(namePattern(field), false);
  const all = [...fields.all(row)].flatMap(([name, values, type]): readonly Named[] =>
    otherNames(name, fields).map((one) => [one, values, type === 'date']),
  );
  // Of a bare name that two places have, the first counts, as everywhere.
  const seen = new Set<string>();
  return all.filter(([name]) => test(name) && !seen.has(name) && seen.add(name) !== undefined);
}

/** The name itself, its aliases, and for attributes the bare key. */
function otherNames(name: string, { stream }: StreamFields): readonly string[] {
  const aliases = Object.entries(FIELD_ALIASES[stream]).filter(([, field]) => field === name);
  const target = fieldTarget(stream, name);
  return [name, ...aliases.map(([alias]) => alias), ...(target.kind === 'attribute' ? [target.key] : [])];
}

import type { ReactNode } from 'react';
import { pathOf } from '#dashboards/console/core/route.ts';
import type { Tag } from '#dashboards/console/core/trace/answer.ts';
import { tagsText } from '#dashboards/console/core/trace/tags.ts';
import { nameText, valueText } from '#dashboards/console/core/trace/words.ts';
import { keepingRange, useParameter } from '#dashboards/console/web/data/location.ts';
import { Breakable } from '#dashboards/console/web/parts/breakable.tsx';
import { Copy } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';

/** Longer values are not searched for: the address would be one nobody can send. */
const FILTER_CHARS_MAX = 300;
/** Of a value beside its key. */
const LONG_CHARS = 60;

interface TagTableProps {
  readonly tags: readonly Tag[];
  /** Whose traces with the same value are a click away; undefined where they cannot be searched for. */
  readonly service: string | undefined;
}

/** Keys and values, each to be copied, and searched for. */
export function TagTable({ tags, service }: TagTableProps): ReactNode {
  if (tags.length === 0) return <p className="hint">None.</p>;
  return (
    <table className="tag-table">
      <thead className="visually-hidden">
        <tr>
          <th>Key</th>
          <th>Value</th>
          <th>Actions</th>
        </tr>
      </thead>
      <tbody>
        {tags.map((tag, index) => (
          <TagRow key={index} tag={tag} service={service} />
        ))}
      </tbody>
    </table>
  );
}

/** What is long stands below its key, in the whole width. */
function TagRow({
  tag: { key, value },
  service,
}: {
  readonly tag: Tag;
  readonly service: string | undefined;
}): ReactNode {
  const text = valueText(value);
  const isLong = text.length > LONG_CHARS || text.includes('\n');
  return (
    <>
      <tr className={isLong ? 'long' : undefined}>
        <td className="mono key" colSpan={isLong ? 2 : 1}>
          <Breakable text={nameText(key)} />
        </td>
        {!isLong && <td className="mono value">{text}</td>}
        <td className="tag-actions">
          {service !== undefined && String(value).length <= FILTER_CHARS_MAX && (
            <Link
              to={keepingRange(pathOf({ page: 'traces' }), {
                service,
                tags: tagsText({ [key]: String(value) }),
              })}
              label={`filter: traces of ${nameText(service)} with the same ${nameText(key)}`}
              title="Traces with the same"
            >
              filter
            </Link>
          )}
          <Copy text={String(value)} label="copy" />
        </td>
      </tr>
      {isLong && (
        <tr>
          <td className="mono value" colSpan={3}>
            {text}
          </td>
        </tr>
      )}
    </>
  );
}

interface SectionProps {
  readonly name: string;
  readonly title: string;
  readonly count: number;
  /** Unless the address says otherwise. */
  readonly isOpen: boolean;
  readonly children: ReactNode;
}

/** A part of the detail that opens and closes; which are turned stands in the address. */
export function Section({ name, title, count, isOpen, children }: SectionProps): ReactNode {
  const [turned, setTurned] = useParameter('turned');
  const names = turned.split(',').filter((one) => one !== '');
  const open = names.includes(name) !== isOpen;
  const turn = (): void =>
    setTurned(
      (names.includes(name) ? names.filter((one) => one !== name) : [...names, name]).join(','),
      'replace',
    );
  return (
    <section className="span-section">
      <h3>
        <button type="button" className="quiet" aria-expanded={open} onClick={turn}>
          {open ? '▾' : '▸'} {title} <span className="hint">{count}</span>
        </button>
      </h3>
      {open && children}
    </section>
  );
}

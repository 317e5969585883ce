/**
 * Changes that make a proof fail if it has any power: it is run with alerting
 * spoiled on purpose, and must say so.
 */
import { mkdirSync, readdirSync, copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RecordedPage } from '#chaos/prove/core/recorded-run.ts';

export const MUTATIONS = [
  'empty-slos',
  'dead-receiver',
  'burn-factors-x10',
  'always-firing',
  'shuffled-blame',
] as const;
export type Mutation = (typeof MUTATIONS)[number];

/** Every request is slower than that. */
const ALWAYS_FIRING = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: always-firing
  annotations:
    plimsoll.dev/slo: |
      threshold: 1ms
spec:
  service: gateway
  budgetingMethod: Occurrences
  timeWindow:
    - duration: 30d
      isRolling: true
  objectives:
    - target: 0.999
`;

/** The SLO folder alerting is given: `folder` itself, or a changed copy in `scratch`. */
export function mutatedSlos(mutation: Mutation | undefined, folder: string, scratch: string): string {
  if (mutation !== 'empty-slos' && mutation !== 'always-firing') return folder;
  const copy = path.join(scratch, 'slos');
  mkdirSync(copy, { recursive: true });
  if (mutation === 'empty-slos') return copy;
  for (const name of readdirSync(folder)) copyFileSync(path.join(folder, name), path.join(copy, name));
  writeFileSync(path.join(copy, 'always-firing.yaml'), ALWAYS_FIRING);
  return copy;
}

/** Every suspect replaced by another service. */
export function mutatedPages(
  mutation: Mutation | undefined,
  pages: readonly RecordedPage[],
  services: readonly string[],
): readonly RecordedPage[] {
  if (mutation !== 'shuffled-blame') return pages;
  return pages.map((page) => {
    const { suspect } = page.annotations;
    if (suspect === undefined) return page;
    const other = services[(services.indexOf(suspect) + 1) % services.length] ?? '';
    return { ...page, annotations: { ...page.annotations, suspect: other } };
  });
}

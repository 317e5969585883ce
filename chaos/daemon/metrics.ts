/** Faults in Prometheus' text format, beside the proxies' own counters. */
import type { FaultBook } from '#chaos/core/book.ts';
import type { Family } from '#chaos/proxy/metrics.ts';

export function faultFamilies(book: FaultBook): readonly Family[] {
  return [
    {
      name: 'chaos_faults',
      type: 'gauge',
      help: 'Faults that are on.',
      samples: [{ labels: {}, value: book.active.length }],
    },
    {
      name: 'chaos_fault_on',
      type: 'gauge',
      help: '1 while a fault is on, by what it is and whom it strikes.',
      samples: book.active.map(({ fault, target }) => ({ labels: { fault, target }, value: 1 })),
    },
    {
      name: 'chaos_faults_begun_total',
      type: 'counter',
      help: 'Faults begun since the start.',
      samples: [{ labels: {}, value: book.begun }],
    },
    {
      name: 'chaos_faults_blocked',
      type: 'gauge',
      help: '1 while no fault may begin.',
      samples: [{ labels: {}, value: Number(book.blocked) }],
    },
  ];
}

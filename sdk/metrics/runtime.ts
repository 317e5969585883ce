/**
 * How the process itself is doing: event loop, heap and garbage collection under
 * the names of OpenTelemetry's conventions for Node and V8, CPU and memory under
 * those every Prometheus dashboard knows. Read when somebody scrapes.
 */
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Counter } from 'prom-client';
import { metrics } from '#sdk/metrics/registry.ts';

/** Finer would wake an idle process more often than the figure is worth. */
const DELAY_RESOLUTION_MS = 20;
const NANOS_PER_SECOND = 1e9;
/** Seconds; the conventions' advice for `v8js.gc.duration`, and two finer ones. */
const GC_BUCKETS = [0.001, 0.003, 0.01, 0.1, 1, 10];
/** `PerformanceNodeEntry.detail.kind` (node:perf_hooks, constants NODE_PERFORMANCE_GC_*). */
const GC_TYPES: Readonly<Record<number, string>> = { 1: 'minor', 4: 'major', 8: 'incremental', 16: 'weakcb' };

/** To be called once. */
export function collectRuntimeMetrics(): void {
  eventLoop();
  heap();
  garbageCollection();
  processFigures();
}

function eventLoop(): void {
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delays.enable();
  const figures = {
    min: () => delays.min,
    max: () => delays.max,
    mean: () => delays.mean,
    stddev: () => delays.stddev,
    p50: () => delays.percentile(50),
    p90: () => delays.percentile(90),
    p99: () => delays.percentile(99),
  };
  const last = Object.keys(figures).at(-1);
  for (const [figure, read] of Object.entries(figures)) {
    metrics.gauge({
      name: `nodejs_eventloop_delay_${figure}_seconds`,
      help: `Event loop delay since the last scrape: ${figure}.`,
      collect() {
        this.set(delays.count === 0 ? 0 : secondsOf(read(), figure));
        if (figure === last) delays.reset();
      },
    });
  }
  let before = performance.eventLoopUtilization();
  metrics.gauge({
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'Share of the time since the last scrape in which the event loop was at work.',
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, before).utilization);
      before = now;
    },
  });
}

/** Node measures from one tick to the next: what is beyond the resolution is delay. */
function secondsOf(nanos: number, figure: string): number {
  const resolution = figure === 'stddev' ? 0 : DELAY_RESOLUTION_MS / 1000;
  return Math.max(0, nanos / NANOS_PER_SECOND - resolution);
}

function heap(): void {
  const space = 'v8js_heap_space_name';
  metrics.gauge({
    name: 'v8js_memory_heap_used_bytes',
    help: 'Used heap by space.',
    labelNames: [space],
    collect() {
      for (const { space_name: name, space_used_size: bytes } of getHeapSpaceStatistics()) {
        this.set({ [space]: name }, bytes);
      }
    },
  });
  metrics.gauge({
    name: 'v8js_memory_heap_space_size_bytes',
    help: 'Size of the heap by space.',
    labelNames: [space],
    collect() {
      for (const { space_name: name, space_size: bytes } of getHeapSpaceStatistics()) {
        this.set({ [space]: name }, bytes);
      }
    },
  });
}

function garbageCollection(): void {
  const type = 'v8js_gc_type';
  const duration = metrics.histogram({
    name: 'v8js_gc_duration_seconds',
    help: 'Garbage collections by their duration.',
    labelNames: [type],
    buckets: GC_BUCKETS,
  });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = 'detail' in entry ? (entry.detail as { readonly kind: number }) : { kind: 0 };
      duration.observe({ [type]: GC_TYPES[kind] ?? 'other' }, entry.duration / 1000);
    }
  }).observe({ entryTypes: ['gc'] });
}

function processFigures(): void {
  const mode = 'cpu_mode';
  metrics.counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process.',
    labelNames: [mode],
    collect() {
      const { user, system } = process.cpuUsage();
      setTotal(this, { [mode]: 'user' }, user / 1e6);
      setTotal(this, { [mode]: 'system' }, system / 1e6);
    },
  });
  metrics.gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  metrics
    .gauge({ name: 'process_start_time_seconds', help: 'When the process started, since the epoch.' })
    .set(performance.timeOrigin / 1000);
}

/** A counter that is kept elsewhere. */
function setTotal(counter: Counter, labels: Record<string, string>, total: number): void {
  counter.remove(labels);
  counter.inc(labels, total);
}

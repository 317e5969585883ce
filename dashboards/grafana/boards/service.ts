/** One service: rate, errors, duration; whom it calls and who calls it; its process. */
import { labelVariable, type Board } from '#dashboards/grafana/build/board.ts';
import { boardLink, consoleLink } from '#dashboards/grafana/build/links.ts';
import { COLORS, worseFrom } from '#dashboards/grafana/build/look.ts';
import {
  callGraph,
  heat,
  lines,
  logList,
  traceList,
  type PanelMaker,
} from '#dashboards/grafana/build/panels.ts';
import {
  buckets,
  counts,
  edges,
  logLines,
  ofService,
  percentiles,
  range,
  rangeWithExemplars,
  traces,
} from '#dashboards/grafana/build/queries.ts';

const SERVED = 'service_name="$service",span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"';
const JOB = 'job="$service"';

export function serviceBoard(): Board {
  return {
    uid: 'plimsoll-service',
    title: 'Plimsoll: one service',
    description:
      'Rate, errors and duration of a service by operation, its neighbours, its traces and logs, its process.',
    page: 'traces',
    marks: 'slo_id=~"$service/.+",',
    variables: [
      labelVariable('service', 'Service', 'label_values(traces_span_metrics_calls_total, service_name)'),
    ],
    rows: [
      { title: 'Rate, errors, duration', panels: [...red(), ...durations()] },
      { title: 'Neighbours', panels: neighbours() },
      { title: 'Traces and logs', panels: evidence() },
      { title: 'Process', panels: processPanels() },
    ],
  };
}

function red(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'Rate',
        description: 'Requests and events the service took up a second, by operation.',
        unit: 'reqps',
      },
      [
        range(
          `sum by (span_name) (rate(traces_span_metrics_calls_total{${SERVED}}[$__rate_interval]))`,
          '{{span_name}}',
        ),
      ],
      { min: 0, width: 8 },
    ),
    lines(
      {
        title: 'Errors',
        description: 'Share of requests and events that ended in an error.',
        unit: 'percentunit',
      },
      [
        range(
          `(sum(rate(traces_span_metrics_calls_total{${SERVED},status_code="STATUS_CODE_ERROR"}[$__rate_interval])) or vector(0))` +
            ` / sum(rate(traces_span_metrics_calls_total{${SERVED}}[$__rate_interval]))`,
          'errors',
        ),
      ],
      { min: 0, width: 8, links: [consoleLink('Failing traces', 'traces', '?service=${service}&errors=1')] },
    ),
    lines(
      {
        title: 'Duration',
        description:
          'Half, 95 % and 99 % of requests were faster than this. Points are exemplars: each leads to a trace.',
        unit: 'ms',
      },
      (['0.5', '0.95', '0.99'] as const).map((quantile) => {
        const rate = `sum by (le) (rate(traces_span_metrics_duration_milliseconds_bucket{${SERVED}}[$__rate_interval]))`;
        return rangeWithExemplars(`histogram_quantile(${quantile}, ${rate})`, `p${Number(quantile) * 100}`);
      }),
      { min: 0, width: 8 },
    ),
  ];
}

function durations(): readonly PanelMaker[] {
  return [
    heat(
      {
        title: 'Durations',
        description:
          'How many requests a second took how long: a second band is a second kind of request, or a slow dependency.',
        unit: 'ms',
      },
      [
        buckets(
          `sum by (le) (rate(traces_span_metrics_duration_milliseconds_bucket{${SERVED}}[$__rate_interval]))`,
        ),
      ],
    ),
    lines(
      {
        title: 'Slowest operations',
        description: '95th percentile of each operation that the service serves.',
        unit: 'ms',
      },
      [
        range(
          `histogram_quantile(0.95, sum by (le, span_name) (rate(traces_span_metrics_duration_milliseconds_bucket{${SERVED}}[$__rate_interval])))`,
          '{{span_name}}',
        ),
      ],
      { min: 0 },
    ),
  ];
}

function neighbours(): readonly PanelMaker[] {
  const failed = (side: 'client' | 'server', other: 'client' | 'server'): string =>
    `sum by (${other}) (rate(traces_service_graph_request_failed_total{${side}="$service"}[$__rate_interval]))`;
  const all = (side: 'client' | 'server', other: 'client' | 'server'): string =>
    `sum by (${other}) (rate(traces_service_graph_request_total{${side}="$service"}[$__rate_interval]))`;
  return [
    callGraph(
      {
        title: 'Who calls whom',
        description: 'Calls a second between services, as spans of both sides tell.',
        // The panel writes the unit as it stands here.
        unit: 'req/s',
      },
      [edges('rate(traces_service_graph_request_total{client!="",server!=""}[$__rate_interval])')],
      { links: [consoleLink('The map', 'now')] },
    ),
    lines(
      {
        title: 'Calls in and out',
        description: 'Calls a second from each caller and to each callee, as spans of both sides tell.',
        unit: 'reqps',
      },
      [range(all('server', 'client'), 'from {{client}}'), range(all('client', 'server'), 'to {{server}}')],
      {
        min: 0,
        dataLinks: [boardLink('The caller', 'plimsoll-service', 'var-service=${__field.labels.client}')],
      },
    ),
    lines(
      {
        title: 'Failed calls in and out',
        description: 'Calls a second that failed, by the neighbour at the other end.',
        unit: 'reqps',
      },
      [
        range(failed('server', 'client'), 'from {{client}}'),
        range(failed('client', 'server'), 'to {{server}}'),
      ],
      { min: 0, width: 24, height: 6 },
    ),
  ];
}

function evidence(): readonly PanelMaker[] {
  return [
    traceList(
      { title: 'Traces', description: 'The latest traces the service took part in.', unit: 'short' },
      [traces({ service: '$service', limit: 20 })],
      { links: [consoleLink('Search in the console', 'traces', '?service=${service}')] },
    ),
    logList(
      {
        title: 'Log lines',
        description: 'What the service wrote, newest first; a line with a trace id leads to it.',
        unit: 'short',
      },
      [logLines(ofService('$service'), 200)],
      { links: [consoleLink('Logs in the console', 'logs', '?service=${service}')] },
    ),
    lines(
      {
        title: 'Log lines by severity',
        description: 'How many lines the service wrote, by severity.',
        unit: 'short',
      },
      [counts('logs', ofService('$service'), 'severity_text')],
      { min: 0 },
    ),
    lines(
      {
        title: 'Span durations',
        description:
          'Percentiles of all spans of the service, asked of the spans themselves; nothing is sampled away.',
        unit: 'ns',
      },
      [percentiles('spans', ofService('$service'), 'duration', ['50', '95', '99'])],
      { min: 0 },
    ),
  ];
}

function processPanels(): readonly PanelMaker[] {
  return [
    lines(
      {
        title: 'CPU',
        description: 'Processor time used a second; 100 % is one core.',
        unit: 'percentunit',
      },
      [
        range(
          `sum by (cpu_mode) (rate(process_cpu_seconds_total{${JOB}}[$__rate_interval]))`,
          '{{cpu_mode}}',
        ),
      ],
      { min: 0, width: 6 },
    ),
    lines(
      { title: 'Memory', description: 'Resident memory of the process, and the heap in use.', unit: 'bytes' },
      [
        range(`sum(process_resident_memory_bytes{${JOB}})`, 'resident'),
        range(`sum(v8js_memory_heap_used_bytes{${JOB}})`, 'heap'),
      ],
      { min: 0, width: 6 },
    ),
    lines(
      {
        title: 'Event loop',
        description:
          'Delay of the event loop, 99th percentile and longest: what every request waits at least.',
        unit: 's',
      },
      [
        range(`max(nodejs_eventloop_delay_p99_seconds{${JOB}})`, 'p99'),
        range(`max(nodejs_eventloop_delay_max_seconds{${JOB}})`, 'longest'),
      ],
      { min: 0, width: 6, thresholds: worseFrom({ value: 0.1, color: COLORS.ticket }) },
    ),
    lines(
      {
        title: 'Telemetry given up',
        description:
          'Spans and log records a second that the SDK could not hand over; anything above 0 is missing elsewhere.',
        unit: 'cps',
      },
      [range(`sum by (signal) (rate(otel_sdk_dropped_items_total{${JOB}}[$__rate_interval]))`, '{{signal}}')],
      { min: 0, width: 6, thresholds: worseFrom({ value: 0.001, color: COLORS.burning }) },
    ),
  ];
}

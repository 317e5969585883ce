/** A dashboard put together: rows of panels, variables, marks where an SLO burned, links to all others. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  QueryVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Dashboard,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { COLORS } from '#dashboards/grafana/build/look.ts';
import { CONSOLE_DEFAULT, consoleLink, type ConsolePage } from '#dashboards/grafana/build/links.ts';
import type { PanelMaker } from '#dashboards/grafana/build/panels.ts';
import { range } from '#dashboards/grafana/build/queries.ts';
import { SOURCES } from '#dashboards/grafana/build/sources.ts';

export interface Row {
  readonly title: string;
  readonly panels: readonly PanelMaker[];
}

export interface Board {
  /** Part of the address, and the name of the file. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** The page of the console that tells of the same. */
  readonly page: ConsolePage;
  readonly variables?: readonly Builder<VariableModel>[];
  /** SLOs whose burning is marked on the time axis, as matchers; none without it. */
  readonly marks?: string;
  readonly rows: readonly Row[];
}

/** All boards carry it, so that each can list the others. */
const TAG = 'plimsoll';

export function buildBoard(board: Board): Dashboard {
  const builder = new DashboardBuilder(board.title)
    .uid(board.uid)
    .description(board.description)
    .tags([TAG])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .link(
      new DashboardLinkBuilder('Boards')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .keepTime(true),
    )
    .link(consoleLink('Console', board.page));
  builder.withVariable(consoleVariable());
  for (const variable of board.variables ?? []) builder.withVariable(variable);
  if (board.marks !== undefined) builder.annotation(burning(board.marks));
  // Ids follow the order, so that a link to one panel holds as long as its place does.
  let id = 0;
  for (const { title, panels } of board.rows) {
    id += 1;
    builder.withRow(new RowBuilder(title).id(id));
    for (const panel of panels) {
      id += 1;
      builder.withPanel(withId(panel, id));
    }
  }
  return builder.build();
}

/** A variable filled from the labels of a metric. */
export function labelVariable(
  name: string,
  label: string,
  query: string,
  hide: VariableHide = VariableHide.DontHide,
): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .query(query)
    .datasource(SOURCES.prometheus)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .hide(hide);
}

/** Provisioned boards cannot be edited; `var-console=` in the address, or the box above, names another origin. */
function consoleVariable(): TextBoxVariableBuilder {
  return new TextBoxVariableBuilder('console')
    .label('Console')
    .description("Where Plimsoll's origin is for your browser")
    .defaultValue(CONSOLE_DEFAULT)
    .current({ text: CONSOLE_DEFAULT, value: CONSOLE_DEFAULT, selected: true });
}

function burning(matchers: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Burning')
    .datasource(SOURCES.prometheus)
    .enable(true)
    .iconColor(COLORS.burning)
    .expr(`max by (slo_id) (plimsoll_slo_state{${matchers}state="burning"} == 1)`)
    .target(
      range(`max by (slo_id) (plimsoll_slo_state{${matchers}state="burning"} == 1)`, '{{slo_id}}').build(
        'Anno',
      ),
    )
    .titleFormat('{{slo_id}} burns');
}

function withId(panel: PanelMaker, id: number): PanelMaker {
  return { build: () => ({ ...panel.build(), id }) };
}

/** The look of the report: the tokens of the console, light or dark as the reader has it. */

export const REPORT_STYLE = `
:root { color-scheme: dark light;
  --surface-0: #0c1118; --surface-1: #131a23; --surface-2: #1c2530; --line: #2c3846;
  --text-1: #e8eef4; --text-2: #a3b0bd; --text-3: #7f8d9b;
  --ok: #43b883; --burning: #ff6b66; --ticket: #f0a83c; --idle: #8b98a6; }
@media (prefers-color-scheme: light) { :root {
  --surface-0: #f5f7f9; --surface-1: #ffffff; --surface-2: #ebeff3; --line: #d3dae1;
  --text-1: #14202c; --text-2: #4a5967; --text-3: #5f6c78;
  --ok: #1b7548; --burning: #c42b2b; --ticket: #9a5b00; --idle: #5b6773; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 16px; background: var(--surface-0); color: var(--text-1);
  font: 400 13px/20px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1120px; margin: 0 auto; display: grid; gap: 12px; }
main > *, section > * { min-width: 0; }
header { display: flex; gap: 12px; align-items: center; }
header svg { width: 32px; height: 32px; flex: none; }
h1 { font: 600 20px/28px system-ui, sans-serif; margin: 0; }
h2 { font: 600 15px/20px system-ui, sans-serif; margin: 0; }
h3 { font: 600 13px/20px system-ui, sans-serif; margin: 0; }
p, ul { margin: 0; }
ul { padding-left: 20px; }
section { background: var(--surface-1); border: 1px solid var(--line); border-radius: 4px; padding: 12px;
  display: grid; gap: 8px; }
.meaning { color: var(--text-2); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 16px; margin: 0; }
.figures dt { color: var(--text-2); font-size: 12px; line-height: 16px; }
.figures dd { margin: 0; font: 600 20px/28px system-ui, sans-serif; }
.figures dd + dd { font: 400 12px/16px system-ui, sans-serif; color: var(--text-3); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
thead th { text-align: left; font-weight: 400; white-space: normal; font-size: 12px; line-height: 16px; color: var(--text-2); vertical-align: bottom; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); }
td { white-space: nowrap; }
tbody tr:last-child td { border-bottom: 0; }
thead .number, .number { text-align: right; }
.number + :not(.number) { padding-left: 12px; }
tr > :last-child { padding-right: 0; }
.ok { color: var(--ok); } .burning { color: var(--burning); } .ticket { color: var(--ticket); }
.idle { color: var(--idle); } .text-2 { color: var(--text-2); }
.fault-story { display: grid; gap: 4px; padding-top: 8px; border-top: 1px solid var(--line); }
.timeline { width: 100%; min-width: 640px; height: auto; display: block; }
.timeline text { font: 12px system-ui, sans-serif; fill: currentColor; }
.timeline .tick { fill: var(--text-3); }
.timeline .grid { stroke: var(--line); }
.timeline .fault { fill: var(--surface-2); }
.timeline .bad { fill: var(--burning); opacity: 0.55; }
.timeline .none { fill: var(--idle); }
.timeline .mark { stroke: currentColor; stroke-width: 1.5; }
.timeline .mark.ticket { stroke-dasharray: 4 3; }
footer { color: var(--text-3); font-size: 12px; line-height: 16px; }
@media (max-width: 480px) { body { padding: 8px; } }
`;

/**
 * Two hundred texts that mean harm: ways out of text, attribute and URL, crossed
 * with ways to run something (after the OWASP cheat sheet on filter evasion).
 */

const RUN = 'globalThis.plimsollOwned=1';

/** What stands before it, to leave where the text was put. */
const ESCAPES: readonly string[] = [
  '',
  '">',
  "'>",
  '</td>',
  '</title>',
  '</textarea>',
  '</script>',
  '-->',
  '`>',
  '\\">',
];

/** What runs, once it is markup, a URL, a template or a prototype. */
const RUNNERS: readonly string[] = [
  `<script>${RUN}</script>`,
  `<img src=x onerror=${RUN}>`,
  `<svg/onload=${RUN}>`,
  `<iframe srcdoc="<script>parent.plimsollOwned=1</script>"></iframe>`,
  `<a href="javascript:${RUN}">x</a>`,
  `<details open ontoggle=${RUN}>`,
  `<body onload=${RUN}>`,
  `<input autofocus onfocus=${RUN}>`,
  `<math><mtext></form><form><mglyph><style></math><img src onerror=${RUN}>`,
  `<object data="data:text/html,<script>${RUN}</script>">`,
  `<link rel=stylesheet href=//evil.invalid/x.css>`,
  `<meta http-equiv=refresh content="0;url=javascript:${RUN}">`,
  `<style>@import '//evil.invalid/x.css';</style>`,
  `<video><source onerror=${RUN}></video>`,
  `javascript:${RUN}`,
  `\${${RUN}}{{constructor.constructor('${RUN}')()}}`,
  `__proto__`,
  `\u202e<ScRiPt>${RUN}</sCrIpT>\u0000`,
  `&lt;script&gt;${RUN}&lt;/script&gt;&#x3c;img src=x onerror=${RUN}&#x3e;`,
  `<${'x'.repeat(3000)} onclick=${RUN}>`,
];

export function hostileTexts(): readonly string[] {
  return RUNNERS.flatMap((runner) => ESCAPES.map((escape) => escape + runner));
}

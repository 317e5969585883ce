/** `npm run dashboards`: checks the boards against their rules and writes them, with the provisioning. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { builtBoards, generatedFiles } from '#dashboards/grafana/files.ts';
import { lintBoards } from '#dashboards/grafana/lint/rules.ts';

const FOLDER = import.meta.dirname;

const dashboards = builtBoards();
const problems = lintBoards(dashboards);
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
} else {
  const files = generatedFiles(dashboards);
  const generated = path.join(FOLDER, 'generated');
  mkdirSync(generated, { recursive: true });
  // A board that is gone takes its file along.
  for (const name of readdirSync(generated))
    if (!files.has(`generated/${name}`)) rmSync(path.join(generated, name));
  for (const [name, text] of files) {
    mkdirSync(path.dirname(path.join(FOLDER, name)), { recursive: true });
    writeFileSync(path.join(FOLDER, name), text);
  }
  process.stdout.write(`${files.size} files written\n`);
}

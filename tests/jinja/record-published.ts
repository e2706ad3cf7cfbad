/**
 * @file Records what Jinja2 makes of published chat templates.
 *
 *   AHA_TEST_PYTHON=…/python npx tsx tests/jinja/record-published.ts FOLDER 'axolotl 0.19.0' 'trl 1.16.0' …
 *
 * FOLDER holds the unpacked packages. The templates of tests/reference/chat-templates are recorded with them.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { CONVERSATIONS } from './conversations.ts';
import { recordWithJinja2 } from './jinja2.ts';
import { hash, type Published, RECORDING, REFERENCE, templatesBelow } from './published.ts';

const [folder, ...packages] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder with the templates');
const templates = [...templatesBelow(folder), ...templatesBelow(path.join(REFERENCE, 'chat-templates'))];
const cases = templates.flatMap(({ source }) =>
  CONVERSATIONS.map(([, variables]) => ({ source, variables })),
);
const { versions, outputs } = recordWithJinja2(cases);
const recording: Published = {
  versions,
  packages,
  conversations: CONVERSATIONS.map(([name]) => name),
  templates: Object.fromEntries(
    templates.map(({ file, source }, i) => {
      const own = outputs.slice(i * CONVERSATIONS.length, (i + 1) * CONVERSATIONS.length);
      return [hash(source), { file, outputs: own.map((output) => (output === null ? null : hash(output))) }];
    }),
  ),
};
writeFileSync(RECORDING, `${JSON.stringify(recording, null, 1)}\n`);

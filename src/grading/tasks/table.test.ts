/** The table of docs/tasks.md, and its count, are what the families say of themselves. `vitest run src/tasks/table -u` writes them anew. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAMILIES } from './registry.ts';

const PAGE = new URL('../../../docs/tasks.md', import.meta.url).pathname;

const rows = FAMILIES.map(({ name, description, levels, unique, partialCredit }) => {
  const credit = partialCredit ?? '–';
  return `| \`${name}\` | ${description} | ${levels} | ${unique ? 'one' : 'any right'} | ${credit} |\n`;
});

it('docs/tasks.md lists the families', async () => {
  const [before, rest] = readFileSync(PAGE, 'utf8').split('|---|---|---|---|---|\n') as [string, string];
  const counted = before.replace(/^\d+ families/mu, `${FAMILIES.length} families`);
  const after = rest.replace(/^(?:\|.*\n)*/u, '');
  await expect(`${counted}|---|---|---|---|---|\n${rows.join('')}${after}`).toMatchFileSnapshot(PAGE);
});

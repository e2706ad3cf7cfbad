/** The tree in docs/architecture.md names what is there: every room of src/, and every folder of a room that it opens. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8');

/** Folders of the tree by their paths: two blanks of indentation are one level. */
function namedFolders(): string[] {
  const tree = /^```\n(bin\/aha .*?)^```$/ms.exec(page)![1]!;
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const { indent = '', name } = /^(?<indent> {0,4})(?<name>[\w/-]+)\/(?: |$)/.exec(line)?.groups ?? {};
    if (name === undefined) return [];
    above.length = indent.length / 2;
    above.push(name);
    return [above.join('/')];
  });
}

const folders = namedFolders();

it('names only folders that are there', () => {
  expect(folders).toContain('src/serving/http');
  expect(folders.filter((folder) => !existsSync(path.join(root, folder)))).toEqual([]);
});

it('leaves out none of a folder of which it names some', () => {
  const opened = new Set(
    folders.map((folder) => path.dirname(folder)).filter((one) => one.startsWith('src')),
  );
  const there = [...opened].flatMap((one) =>
    readdirSync(path.join(root, one), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${one}/${name}`),
  );
  expect(there.filter((folder) => !folders.includes(folder))).toEqual([]);
});

/** An index that is no public door exports only what files outside of it import. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = path.resolve(import.meta.dirname, '../..');
const doors = new Set(
  Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [] : [target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')],
  ),
);
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(Boolean);
const sources = new Map(files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]));

const LISTED = /(?:import|export)\s+(?:type\s+)?(\{[^}]*\}|\*(?: as \w+)?)\s+from\s+'(\.[^']+)'/gu;
const DYNAMIC = /import\(\s*'(\.[^']+)'\s*\)/gu;

/** Names of `{ a, type B, c as d }`; of a renamed one, what it is called in the module it comes from. */
function namesIn(list: string): string[] {
  return list
    .slice(1, -1)
    .split(',')
    .map(
      (name) =>
        name
          .trim()
          .replace(/^type /, '')
          .split(' as ')[0]!,
    )
    .filter(Boolean);
}

/** For each file the names that others import of it; `*` where one takes them all. */
function importedNames(): Map<string, Set<string>> {
  const imported = new Map<string, Set<string>>();
  const note = (from: string, target: string, names: readonly string[]): void => {
    const file = path.normalize(path.join(path.dirname(from), target));
    imported.set(file, new Set([...(imported.get(file) ?? []), ...names]));
  };
  for (const [file, text] of sources) {
    for (const [, list, target] of text.matchAll(LISTED)) {
      note(file, target!, list!.startsWith('*') ? ['*'] : namesIn(list!));
    }
    for (const [, target] of text.matchAll(DYNAMIC)) note(file, target!, ['*']);
  }
  return imported;
}

it('indexes export what others import, and nothing else', () => {
  const imported = importedNames();
  const unused = [...sources].flatMap(([file, text]) => {
    if (!/^src\/.*\/index\.ts$/.test(file) || doors.has(file)) return [];
    const used = imported.get(file) ?? new Set();
    const exported = [...text.matchAll(/export\s+(?:type\s+)?(\{[^}]*\})\s+from/gu)].flatMap(([, list]) =>
      namesIn(list!),
    );
    return exported.filter((name) => !used.has(name) && !used.has('*')).map((name) => `${file}: ${name}`);
  });
  expect(unused).toEqual([]);
});

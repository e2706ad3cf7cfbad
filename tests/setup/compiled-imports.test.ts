/**
 * @file Dynamic imports of src/ after compilation: each names a compiled file.
 * TypeScript leaves `import('./x.ts')` as it is inside a function that has a `using` declaration.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const SRC = path.resolve(import.meta.dirname, '../../src');
const TS_IMPORT = /\bimport\(\s*['"]\.[^'"]*\.ts['"]/;

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  rewriteRelativeImportExtensions: true,
};

it('no compiled file imports a TypeScript file', () => {
  const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => ({ file, text: readFileSync(path.join(SRC, file), 'utf8') }))
    .filter(({ text }) => TS_IMPORT.test(text));
  expect(sources.length).toBeGreaterThan(5);
  const broken = sources.filter(({ file, text }) =>
    TS_IMPORT.test(ts.transpileModule(text, { fileName: file, compilerOptions }).outputText),
  );
  expect(broken.map(({ file }) => file)).toEqual([]);
});

/**
 * The TypeScript examples of the pages that import from `@aha-r1/aha` compile against the declarations that programs get: those
 * of dist/, which `npm run setup` makes.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { PACKAGE_NAME } from '../../src/version.ts';

const root = path.resolve(import.meta.dirname, '../..');
const pages = execFileSync('git', ['ls-files', 'README.md', 'docs/*.md'], { cwd: root, encoding: 'utf8' });

/** An import from this package, also under its former name, which does not compile. */
const IMPORTS = new RegExp(`from '(?:${PACKAGE_NAME}|aha)['/]`);

/** Programs by the name of a file beside the page. */
function examples(): Map<string, string> {
  const found = new Map<string, string>();
  for (const page of pages.split('\n').filter(Boolean)) {
    const text = readFileSync(path.join(root, page), 'utf8');
    for (const { 1: code, index } of text.matchAll(/^```ts\n(.*?)^```$/gms)) {
      const line = text.slice(0, index).split('\n').length;
      if (IMPORTS.test(code!)) found.set(path.join(root, `${page}-line-${line}.ts`), code!);
    }
  }
  return found;
}

/** What the compiler says of programs that are in memory only. */
function problems(programs: ReadonlyMap<string, string>): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.fileExists = (file) => programs.has(file) || fileExists(file);
  host.readFile = (file) => programs.get(file) ?? readFile(file);
  host.getCurrentDirectory = () => root;
  const program = ts.createProgram([...programs.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const place = file === undefined ? '' : path.relative(root, file.fileName);
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    return `${place}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

it('compile', () => {
  const programs = examples();
  expect(programs.size).toBeGreaterThan(10);
  expect(problems(programs)).toEqual([]);
});

it('are refused where they are wrong', () => {
  const file = path.join(root, 'docs', 'wrong.ts');
  const wrong = "import { createEndpoint } from '@aha-r1/aha/remote';\ncreateEndpoint({ baseUrl: 5 });\n";
  expect(problems(new Map([[file, wrong]]))).toEqual([expect.stringContaining('docs/wrong.ts:2: ')]);
});

/**
 * The package as npm installs it: `npm pack`, into an empty folder, set up and used there. Its dependencies are links to
 * those of this clone, so that no network is needed; in the long run npm installs them.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { productionPackages } from '../../src/app/commands/bundle.ts';
import { LONG } from '../support/long.ts';

const clone = path.resolve(import.meta.dirname, '../..');
const project = realpathSync(mkdtempSync(path.join(tmpdir(), 'aha-installed-')));
const home = path.join(project, 'node_modules', manifest.name);

function link(target: string, at: string): void {
  mkdirSync(path.dirname(at), { recursive: true });
  symlinkSync(target, at);
}

beforeAll(async () => {
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', project];
  const tarball = execFileSync('npm', pack, { cwd: clone, encoding: 'utf8' }).trim();
  writeFileSync(path.join(project, 'package.json'), '{ "private": true }');
  if (LONG) execFileSync('npm', ['install', '--prefer-offline', tarball], { cwd: project, stdio: 'pipe' });
  else {
    mkdirSync(home, { recursive: true });
    execFileSync('tar', ['-xzf', path.join(project, tarball), '--strip-components=1', '-C', home]);
    for (const place of await productionPackages()) link(path.join(clone, place), path.join(project, place));
    link(path.join(home, manifest.bin.aha), path.join(project, 'node_modules/.bin/aha'));
  }
  link(path.join(clone, 'node_modules/@types/node'), path.join(project, 'node_modules/@types/node'));
  // What was compiled here serves there too: only linking is left.
  for (const part of ['build/addon/objects', 'build/kernels']) {
    cpSync(path.join(clone, part), path.join(home, part), { recursive: true, preserveTimestamps: true });
  }
}, 300_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[]): Ran {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: project, encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** The program that npx starts. */
const aha = (...args: string[]): Ran => run(path.join(project, 'node_modules/.bin/aha'), args);

describe('the installed command', () => {
  it('says its version, and how it is set up, before it is', () => {
    expect(run('npx', ['--no-install', 'aha', '--version'])).toMatchObject({
      status: 0,
      stdout: `${manifest.version}\n`,
    });
    expect(aha('run', 'r1-zero-tiny')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Run: npx --no-install aha setup'),
    });
  });

  it('sets itself up, and finds itself in order', () => {
    const { status, stdout, stderr } = aha('setup', '--json');
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('setup: ready') });
    expect(JSON.parse(stdout).addon).toContain(home);
    const { findings } = JSON.parse(aha('doctor', '--json').stdout) as {
      findings: { name: string; ok: boolean }[];
    };
    const wrong = findings.filter(({ ok }) => !ok).map(({ name }) => name);
    // A machine may be short of memory, or have a slow BLAS, and the package be in order.
    expect(wrong.filter((name) => !['memory', 'blas', 'kernel'].includes(name))).toEqual([]);
    expect(findings.map(({ name }) => name)).toEqual(expect.arrayContaining(['addon', 'dist', 'device']));
  });

  it('finds recipes and models of the package by name', () => {
    const { status, stdout } = aha('run', 'r1-zero-tiny', '--dry-run', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).recipe.name).toBe('r1-zero-tiny');
  });

  it('without dist/ says that it is not whole', () => {
    rmSync(path.join(home, 'dist/app/cli/main.js'));
    const { status, stderr } = aha('setup');
    cpSync(path.join(clone, 'dist/app/cli/main.js'), path.join(home, 'dist/app/cli/main.js'));
    expect(status).toBe(2);
    expect(stderr).toContain('has neither dist/ nor the sources');
  });
});

const doors = Object.keys(manifest.exports).filter((door) => door !== './package.json');
const names = doors.map((door) => manifest.name + door.slice(1));

describe('a program in that folder', () => {
  it('imports every door', () => {
    const lines = names.map((name) => `console.log(Object.keys(await import('${name}')).length > 0);`);
    writeFileSync(path.join(project, 'doors.mjs'), lines.join('\n'));
    const printed = execFileSync(process.execPath, ['doors.mjs'], { cwd: project, encoding: 'utf8' });
    expect(printed).toBe('true\n'.repeat(names.length));
  });

  it.each([
    ['nodenext', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
    ['bundler', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
  ])('has the types of every door, with %s', (name, module, moduleResolution) => {
    const file = path.join(project, `${name}.mts`);
    const imports = names.map((door, i) => `import * as door${i} from '${door}';\n`).join('');
    const uses = `export const right: number = door${names.indexOf(`${manifest.name}/verify`)}.wrong;\n`;
    const recipe = `import { defineRecipe } from '${manifest.name}';\nexport default defineRecipe({ name: 5 });\n`;
    writeFileSync(file, imports + uses + recipe);
    const options = { target: ts.ScriptTarget.ES2022, module, moduleResolution };
    const strict = { strict: true, noEmit: true, types: ['node'], skipLibCheck: !LONG };
    const host = ts.createCompilerHost({ ...options, ...strict });
    host.getCurrentDirectory = () => project;
    const program = ts.createProgram([file], { ...options, ...strict }, host);
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    // Only what is wrong on purpose: a door whose types were not found would have every name.
    expect(problems).toEqual([
      expect.stringContaining("Property 'wrong' does not exist"),
      expect.stringContaining("Type 'number' is not assignable to type 'string'"),
    ]);
  });
});

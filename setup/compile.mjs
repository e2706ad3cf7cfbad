/**
 * @file Compiles src/ to dist/ with tsc when a source or the configuration changed. A package installed from a
 * registry, and a bundle, have dist/ and no configuration to compile with; a bundle with benchmarks has src/ all the same.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { must, ROOT, say } from './report.mjs';

const SRC = join(ROOT, 'src');
const CONFIG = join(ROOT, 'tsconfig.build.json');
const DIST = join(ROOT, 'dist');
const STAMP = join(ROOT, 'build', 'dist.sha256');

/** Brings dist/ up to date; the old one is replaced whole, and only by one without type errors. */
export async function compileSources() {
  if (!existsSync(CONFIG)) return;
  const now = sourceDigest();
  if (existsSync(join(DIST, 'index.js')) && readStamp() === now) return;
  say('compiling TypeScript');
  const build = join(ROOT, 'build');
  mkdirSync(build, { recursive: true });
  const fresh = join(build, `dist.${process.pid}.tmp`);
  const old = join(build, `dist.${process.pid}.old`);
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  try {
    await must(process.execPath, [tsc, '-p', CONFIG, '--outDir', fresh, '--noEmitOnError'], {
      remedy: 'Mend the type errors above, then run this again.',
    });
    // The chat page is made by a step of its own, and stays.
    const page = join(DIST, 'page');
    if (existsSync(page)) renameSync(page, join(fresh, 'page'));
    if (existsSync(DIST)) renameSync(DIST, old);
    renameSync(fresh, DIST);
    writeFileSync(STAMP, now);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

/** Whether dist/ is what src/ compiles to. */
export function distIsCurrent() {
  return !existsSync(CONFIG) || (existsSync(DIST) && readStamp() === sourceDigest());
}

function readStamp() {
  return existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : null;
}

/** Digest of everything tsc reads of ours. Tests are not compiled and do not count. */
function sourceDigest() {
  const hash = createHash('sha256');
  const configs = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|json)$/.test(name) && !/(\.test|\btesting)\.ts$/.test(name))
    .sort()
    .map((name) => join('src', name));
  const setup = readdirSync(join(ROOT, 'setup')).filter((name) => name.endsWith('.d.mts'));
  for (const name of [...configs, ...setup.map((file) => join('setup', file)), ...sources]) {
    const text = readFileSync(join(ROOT, name), 'utf8');
    hash.update(`${name}\n${text.length}\n${text}`);
  }
  return hash.digest('hex');
}

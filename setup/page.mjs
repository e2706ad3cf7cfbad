/**
 * @file Bundles the chat page, page/, into static files: one script, one style sheet, KaTeX's fonts. Names carry a digest
 * of the content, so that a browser may keep them for ever; index.html names them.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ROOT, say } from './report.mjs';

const PAGE = join(ROOT, 'page');
const TARGET = join(ROOT, 'dist', 'page');
const STAMP = join(ROOT, 'build', 'page.sha256');

/** Brings dist/page up to date. A package installed from a registry has dist/ and no page/. */
export async function compilePage() {
  if (!existsSync(PAGE) || pageIsCurrent()) return;
  say('bundling the chat page');
  const fresh = join(ROOT, 'build', `page.${process.pid}.tmp`);
  try {
    await bundlePage(fresh);
    mkdirSync(dirname(TARGET), { recursive: true });
    rmSync(TARGET, { recursive: true, force: true });
    renameSync(fresh, TARGET);
    writeFileSync(STAMP, pageDigest());
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Whether dist/page is what page/ bundles to. */
export function pageIsCurrent() {
  if (!existsSync(PAGE)) return true;
  return (
    existsSync(join(TARGET, 'index.html')) &&
    existsSync(STAMP) &&
    readFileSync(STAMP, 'utf8') === pageDigest()
  );
}

/**
 * Bundles page/ into a directory, which is made.
 * @param {string} directory
 */
export async function bundlePage(directory) {
  // Loaded here: the set-up begins before any package is installed.
  const { build } = await import('esbuild');
  mkdirSync(directory, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { chat: join(PAGE, 'src', 'main.tsx'), style: join(PAGE, 'styles', 'chat.css') },
    outdir: directory,
    entryNames: '[name]-[hash]',
    assetNames: 'fonts/[name]-[hash]',
    loader: { '.woff2': 'file' },
    plugins: [onlyWoff2],
    tsconfig: join(PAGE, 'tsconfig.json'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2023', 'chrome120', 'firefox120', 'safari17'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  const named = Object.keys(metafile.outputs).map((path) => basename(path));
  const name = (/** @type {RegExp} */ pattern) => {
    const found = named.find((file) => pattern.test(file));
    if (found === undefined) throw new Error(`the bundle has no ${pattern}`);
    return found;
  };
  const index = readFileSync(join(PAGE, 'index.html'), 'utf8')
    .replace('href="chat.css"', `href="${name(/^style-.*\.css$/)}"`)
    .replace('src="chat.js"', `src="${name(/^chat-.*\.js$/)}"`);
  writeFileSync(join(directory, 'index.html'), index);
  cpSync(join(PAGE, 'icon.svg'), join(directory, 'icon.svg'));
}

/**
 * KaTeX's style sheet names each font in three formats; every browser this page runs in reads the first.
 * @type {import('esbuild').Plugin}
 */
const onlyWoff2 = {
  name: 'only-woff2',
  setup({ onLoad }) {
    onLoad({ filter: /katex\.css$/ }, ({ path }) => {
      const css = readFileSync(path, 'utf8');
      return {
        contents: css.replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)/g, ''),
        loader: 'css',
      };
    });
  },
};

/** Digest of everything that goes into the bundle. */
function pageDigest() {
  const hash = createHash('sha256');
  const sources = readdirSync(PAGE, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(tsx?|css|html|svg|json)$/.test(name) && !name.endsWith('.test.ts'))
    .sort()
    .map((name) => join('page', name));
  for (const name of ['package-lock.json', 'tsconfig.json', join('setup', 'page.mjs'), ...sources]) {
    const text = readFileSync(join(ROOT, name), 'utf8');
    hash.update(`${name}\n${text.length}\n${text}`);
  }
  return hash.digest('hex');
}

/**
 * @file Links of the Markdown pages: each relative one leads to a tracked file, and to a heading where it names one. The
 * index of docs/ has all its pages.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const tracked = new Set(
  execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean),
);
const pages = [...tracked].filter((file) => file.endsWith('.md'));

interface Page {
  /** Link targets as written, of links, images and HTML, those inside code left out. */
  readonly links: readonly string[];
  /** Anchors that GitHub gives its headings. */
  readonly anchors: ReadonlySet<string>;
}

/** A heading's anchor: lower case, blanks as hyphens, no other signs; the second of a name ends in -1. */
function anchorsOf(headings: readonly string[]): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    headings.map((heading) => {
      const slug = heading
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
        .replaceAll(' ', '-');
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    }),
  );
}

function read(markdown: string): Page {
  const tokens = new MarkdownIt({ html: true }).parse(markdown, {});
  const headings: string[] = [];
  const links: string[] = [];
  for (const [i, token] of tokens.entries()) {
    if (tokens[i - 1]?.type === 'heading_open') {
      headings.push(
        (token.children ?? [])
          .filter(({ type }) => ['text', 'code_inline', 'text_special'].includes(type))
          .map(({ content }) => content)
          .join(''),
      );
    }
    for (const part of [token, ...(token.children ?? [])]) {
      if (part.type === 'link_open') links.push(String(part.attrGet('href')));
      if (part.type === 'image') links.push(String(part.attrGet('src')));
      if (part.type.startsWith('html_')) {
        links.push(
          ...Array.from(part.content.matchAll(/\b(?:href|src)="([^"]*)"/g), ([, target]) => target!),
        );
      }
    }
  }
  return { links, anchors: anchorsOf(headings) };
}

/** What is wrong with a link of a page; undefined where it leads somewhere, or outside the repository. */
function problem(
  page: string,
  link: string,
  open: (file: string) => Page,
  files: ReadonlySet<string>,
): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/iu.test(link)) return undefined;
  const [target = '', anchor] = decodeURI(link).split('#');
  const file = target === '' ? page : path.posix.join(path.posix.dirname(page), target).replace(/\/$/u, '');
  const isFolder = [...files].some((name) => name.startsWith(`${file}/`));
  if (!files.has(file) && !isFolder) return `${page}: ${link}: no tracked file ${file}`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return open(file).anchors.has(anchor) ? undefined : `${page}: ${link}: no heading #${anchor} in ${file}`;
}

describe('a page’s links', () => {
  const markdown =
    '# A page, `of` two\n[a](#a-page-of-two) [b](b.md#x) [c](c.md) [web](https://a.b) <a href="d/">d</a>\n' +
    '## Twice\n## Twice\n[t](#twice-1) ![i](i.png)\n```\n[no](nowhere.md)\n```\n`[no](nowhere.md)`\n[r]\n\n[r]: r.md\n';

  it('are those outside code, with the anchors GitHub gives', () => {
    const page = read(markdown);
    expect(page.links).toEqual([
      '#a-page-of-two',
      'b.md#x',
      'c.md',
      'https://a.b',
      'd/',
      '#twice-1',
      'i.png',
      'r.md',
    ]);
    expect([...page.anchors]).toEqual(['a-page-of-two', 'twice', 'twice-1']);
  });

  it('are told when they lead nowhere', () => {
    const files = new Set(['docs/a.md', 'docs/b.md', 'docs/d/e.ts', 'docs/i.png']);
    const open = (): Page => ({ links: [], anchors: new Set(['y']) });
    const told = read(markdown).links.map((link) => problem('docs/a.md', link, open, files));
    expect(told.filter((text) => text !== undefined)).toEqual([
      'docs/a.md: #a-page-of-two: no heading #a-page-of-two in docs/a.md',
      'docs/a.md: b.md#x: no heading #x in docs/b.md',
      'docs/a.md: c.md: no tracked file docs/c.md',
      'docs/a.md: #twice-1: no heading #twice-1 in docs/a.md',
      'docs/a.md: r.md: no tracked file docs/r.md',
    ]);
  });
});

const contents = new Map(pages.map((page) => [page, read(readFileSync(path.join(root, page), 'utf8'))]));

it('docs/README.md links every other page of docs/', () => {
  const linked = contents.get('docs/README.md')!.links.map((link) => `docs/${link}`);
  const others = pages.filter((page) => path.posix.dirname(page) === 'docs' && page !== 'docs/README.md');
  expect(others.filter((page) => !linked.includes(page))).toEqual([]);
});

describe('every relative link leads to a tracked file and heading', () => {
  it.each(pages)('%s', (page) => {
    const found = contents
      .get(page)!
      .links.map((link) => problem(page, link, (file) => contents.get(file)!, tracked));
    expect(found.filter((text) => text !== undefined)).toEqual([]);
  });
});

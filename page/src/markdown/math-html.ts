/**
 * @file A formula as KaTeX's HTML, with MathML in it for screen readers. KaTeX is given no trust: no links, no classes or
 * attributes of the author's. A formula it cannot read is shown as it was written.
 */
import katex from 'katex';

const CACHE_SIZE = 1000;
const cache = new Map<string, string>();

/**
 * HTML without `style` attributes, which the page's policy forbids: each is called `data-style`, and set through the
 * DOM once the HTML has been cleaned.
 */
export function mathHtml(tex: string, display: boolean, markup: string): string {
  const key = `${display ? 'd' : 'i'}${markup}${tex}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const html = render(tex, display, markup);
  if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value!);
  cache.set(key, html);
  return html;
}

function render(tex: string, display: boolean, markup: string): string {
  try {
    const html = katex.renderToString(tex, {
      displayMode: display,
      throwOnError: true,
      trust: false,
      strict: 'ignore',
      maxSize: 20,
      maxExpand: 1000,
    });
    // Text and attributes have their quotes and brackets escaped: what matches is KaTeX's own.
    const plain = html.replace(/<annotation encoding="application\/x-tex">[^<]*<\/annotation>/g, '');
    return plain.replace(/<\/?semantics>/g, '').replaceAll(' style="', ' data-style="');
  } catch {
    return sourceHtml(markup + tex + closing(markup), display);
  }
}

function closing(markup: string): string {
  return markup === '\\(' ? '\\)' : markup === '\\[' ? '\\]' : markup;
}

/** Maths as it was written: not closed yet, or not readable. */
export function sourceHtml(source: string, display: boolean): string {
  const code = `<code class="tex-source">${escapeHtml(source)}</code>`;
  return display ? `<p>${code}</p>` : code;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

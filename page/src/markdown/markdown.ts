/**
 * @file Markdown of a reply: CommonMark with tables, strike-through and maths. Raw HTML is text, pictures are links (the
 * page loads nothing from elsewhere), headings take their place below the page's own.
 */
import Markdown, { type MarkdownIt, type Token } from 'markdown-it';
import { mathHtml, sourceHtml } from './math-html.ts';
import { mathRules } from './math-rules.ts';

/** Headings of a reply stand below the model's name, a heading of the third level. */
const HEADING_SHIFT = 3;

/** @param breaks - a line break in the text is one on the page */
export function createMarkdown(breaks: boolean): MarkdownIt {
  const md = new Markdown({ html: false, linkify: false, breaks });
  mathRules(md);
  const { rules } = md.renderer;
  rules.math_inline = (tokens, i) => mathHtml(tokens[i]!.content, false, tokens[i]!.markup);
  rules.math_display = (tokens, i) =>
    `<span class="math-display">${mathHtml(tokens[i]!.content, true, tokens[i]!.markup)}</span>`;
  rules.math_pending = (tokens, i) => sourceHtml(tokens[i]!.content, false);
  rules.math_pending_block = (tokens, i) => sourceHtml(tokens[i]!.content, true);
  rules.image = (tokens, i) => pictureLink(md, tokens[i]!);
  rules.link_open = (tokens, i, options, _env, self) => {
    tokens[i]!.attrSet('target', '_blank');
    tokens[i]!.attrSet('rel', 'noopener noreferrer nofollow');
    return self.renderToken(tokens, i, options);
  };
  rules.th_open = rules.td_open = (tokens, i, options, _env, self) => {
    const token = tokens[i]!;
    const align = /\w+$/.exec(String(token.attrGet('style') ?? ''))?.[0];
    token.attrs = align === undefined ? null : [['class', `align-${align}`]];
    return self.renderToken(tokens, i, options);
  };
  rules.heading_open = rules.heading_close = (tokens, i, options, _env, self) => {
    const token = tokens[i]!;
    const level = Math.min(6, Number(token.tag[1]) + HEADING_SHIFT);
    token.tag = `h${level}`;
    return self.renderToken(tokens, i, options);
  };
  return md;
}

function pictureLink(md: MarkdownIt, token: Token): string {
  const { escapeHtml } = md.utils;
  const source = String(token.attrGet('src') ?? '');
  const name = escapeHtml(token.content || source);
  return `<a href="${escapeHtml(source)}" target="_blank" rel="noopener noreferrer nofollow">${name}</a>`;
}

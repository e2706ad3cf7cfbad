/** @file Text for HTML: the filters `escape` and `safe`. */
import { Markup } from './values.ts';

const MARKS: { readonly [mark: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};

/** The text with HTML's marks escaped; text that is marked safe stays as it is. */
export function escapeMarks(text: string | Markup): Markup {
  if (text instanceof Markup) return text;
  return new Markup(text.replace(/[&<>'"]/g, (mark) => MARKS[mark]!));
}

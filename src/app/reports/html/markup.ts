/**
 * @file HTML as tagged templates: what is put in is escaped, unless it is markup that a template made.
 */
import { escapeXml } from '../../terminal/svg.ts';

/** Text that is HTML already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes; null is nothing. */
export type Content = string | number | Markup | null | readonly Content[];

function textOf(content: Content): string {
  if (content === null) return '';
  if (content instanceof Markup) return content.text;
  return typeof content === 'object' ? content.map(textOf).join('') : escapeXml(String(content));
}

/**
 * Markup from a template.
 * @example html`<p class="${name}">${text}</p>` // name and text escaped
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(
    parts.map((part, i) => part + (i < contents.length ? textOf(contents[i]!) : '')).join(''),
  );
}

/**
 * @file Shows a growing Markdown text in an element: finished blocks are put in once, the last is replaced at most once
 * a frame. A text that comes all at once is put in by and by, so that the page answers meanwhile.
 */
import type { MarkdownIt } from 'markdown-it';
import { GrowingMarkdown } from './blocks.ts';
import { cleanHtml } from './clean.ts';

/** Characters put in at once. */
const SLICE = 2000;

export class MarkdownView {
  readonly #growing: GrowingMarkdown;
  readonly #decorate: (block: DocumentFragment) => void;
  readonly #tail = document.createElement('div');
  #target = '';
  #done = false;
  #shown = 0;
  #finished = false;
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param decorate - called with each finished block before it is put in */
  constructor(element: HTMLElement, md: MarkdownIt, decorate: (block: DocumentFragment) => void) {
    this.#growing = new GrowingMarkdown(md);
    this.#decorate = decorate;
    this.#tail.className = 'tail';
    element.replaceChildren(this.#tail);
  }

  /** Whether the text goes on from what is shown; another text needs another view. */
  continues(text: string): boolean {
    return text === this.#target || (!this.#done && text.startsWith(this.#target));
  }

  update(text: string, done: boolean): void {
    this.#target = text;
    this.#done = done;
    this.#step();
  }

  /** Renders nothing more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#finished = true;
  }

  /** Puts in the next slice, now or when the page has had as much time for itself as the last one took. */
  #step(): void {
    clearTimeout(this.#timer);
    const { length } = this.#target;
    if (this.#finished || (this.#shown === length && !this.#done)) return;
    const start = performance.now();
    if (start < this.#notBefore) {
      this.#timer = setTimeout(() => this.#step(), this.#notBefore - start);
      return;
    }
    this.#shown = Math.min(length, this.#shown + SLICE);
    this.#finished = this.#done && this.#shown === length;
    this.#render();
    const end = performance.now();
    this.#notBefore = end + (end - start);
    if (this.#shown < length) this.#step();
  }

  #render(): void {
    const { finished, tail } = this.#growing.update(this.#target.slice(0, this.#shown), this.#finished);
    for (const html of finished) {
      const block = cleanHtml(html);
      this.#decorate(block);
      this.#tail.before(block);
    }
    this.#tail.replaceChildren(cleanHtml(tail));
    if (this.#finished) this.#tail.remove();
  }
}

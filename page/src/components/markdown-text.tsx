/** @file Markdown of a reply, growing as it comes. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { copyButton } from '../clipboard.ts';
import { createMarkdown } from '../markdown/markdown.ts';
import { MarkdownView } from '../markdown/view.ts';

const ANSWER = createMarkdown(false);
/** Thoughts are written in lines. */
const THOUGHT = createMarkdown(true);

export interface MarkdownTextProps {
  readonly text: string;
  readonly done: boolean;
  readonly thought?: boolean;
}

export function MarkdownText({ text, done, thought = false }: MarkdownTextProps) {
  const element = useRef<HTMLDivElement>(null);
  const view = useRef<MarkdownView | null>(null);
  useLayoutEffect(() => {
    if (view.current?.continues(text) !== true) {
      view.current?.close();
      view.current = new MarkdownView(element.current!, thought ? THOUGHT : ANSWER, addCopyButtons);
    }
    view.current.update(text, done);
  }, [text, done, thought]);
  useLayoutEffect(() => () => view.current?.close(), []);
  return <div class="markdown" ref={element} />;
}

function addCopyButtons(block: DocumentFragment): void {
  for (const code of block.querySelectorAll('pre')) {
    const frame = document.createElement('div');
    frame.className = 'code';
    code.replaceWith(frame);
    // What is wider than the page is scrolled, also by keyboard.
    code.tabIndex = 0;
    code.setAttribute('role', 'group');
    code.setAttribute('aria-label', 'Code');
    frame.append(
      code,
      copyButton(() => code.textContent.replace(/\n$/, ''), 'Copy this code'),
    );
  }
}

import { expect, it } from 'vitest';
import { html, Markup } from './markup.ts';

it('escapes what is put in, in text and in attributes, and leaves markup alone', () => {
  const inner = html`<b>${'<script>'}</b>`;
  expect(inner.text).toBe('<b>&#60;script&#62;</b>');
  const attack = '"><img src=x onerror=alert(1)> & \'';
  expect(html`<p title="${attack}">${[inner, ' ', 3, null]}</p>`.text).toBe(
    '<p title="&#34;&#62;&#60;img src=x onerror=alert(1)&#62; &#38; &#39;"><b>&#60;script&#62;</b> 3</p>',
  );
  expect(html`${new Markup('<i>')}${'\u0000\u001b'}`.text).toBe('<i>��');
});

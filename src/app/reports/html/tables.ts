/** @file Tables of the report: the first row are the heads, the first cell of a row its head. */
import { html, type Markup } from './markup.ts';

/** A table with its caption, in a frame that scrolls where the window is narrower. */
export function table(caption: string, [heads = [], ...rows]: readonly (readonly string[])[]): Markup {
  return html`<div class="wide" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map(tableRow)}</tbody>
</table></div>
`;
}

function tableRow([head = '', ...cells]: readonly string[]): Markup {
  return html`<tr><th scope="row">${head}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`;
}

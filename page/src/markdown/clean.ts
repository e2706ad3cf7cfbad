/**
 * @file The second wall: whatever HTML the Markdown renderer made, only these elements and attributes reach the page.
 * The first is that the renderer passes on no HTML of the reply.
 */
import DOMPurify, { type Config } from 'dompurify';

const TEXT =
  'a b blockquote br code del div em h4 h5 h6 hr i li ol p pre s span strong sub sup table tbody td th thead tr ul';
const MATHML =
  'math mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mmultiscripts ' +
  'mtable mtr mtd mlabeledtr mstyle mpadded menclose mphantom';
const SVG = 'svg path line';

const TEXT_ATTRIBUTES = 'target rel class start aria-hidden data-style';
const MATHML_ATTRIBUTES =
  'accent accentunder columnalign columnlines columnspacing depth display displaystyle fence height linethickness ' +
  'lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits notation rowlines rowspacing ' +
  'rspace scriptlevel separator side stretchy symmetric voffset width xmlns';
const SVG_ATTRIBUTES = 'd preserveAspectRatio stroke-width viewBox x1 x2 y1 y2';
const PLAIN_ATTRIBUTES = `${TEXT_ATTRIBUTES} ${MATHML_ATTRIBUTES} ${SVG_ATTRIBUTES}`.split(' ');

const RULES: Config & { RETURN_DOM_FRAGMENT: true } = {
  ALLOWED_TAGS: `${TEXT} ${MATHML} ${SVG}`.split(' '),
  ALLOWED_ATTR: ['href', ...PLAIN_ATTRIBUTES],
  // Values that need not look like an address; `href` must.
  ADD_URI_SAFE_ATTR: PLAIN_ATTRIBUTES,
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):|^#/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/** Properties KaTeX sets. */
const STYLES = new Set(
  (
    'background-color border-bottom-width border-color border-right-style border-right-width border-style ' +
    'border-top-width border-width bottom color height left margin margin-bottom margin-left margin-right margin-top ' +
    'min-width padding-left padding-right position right text-shadow top vertical-align width'
  ).split(' '),
);

/** The HTML as nodes, cleaned; KaTeX's measures are set as styles. */
export function cleanHtml(html: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(html, RULES);
  for (const element of fragment.querySelectorAll<HTMLElement | SVGElement>('[data-style]')) {
    for (const declaration of element.dataset.style!.split(';')) {
      const colon = declaration.indexOf(':');
      const property = declaration.slice(0, colon).trim();
      if (STYLES.has(property)) element.style.setProperty(property, declaration.slice(colon + 1).trim());
    }
    delete element.dataset.style;
  }
  return fragment;
}

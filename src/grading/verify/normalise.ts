/**
 * @file One spelling for what is written in many: Unicode and full-width forms become LaTeX, layout is dropped.
 *
 * `½` → `\frac{1}{2}`, `x²` → `x^{2}`, `√5` → `\sqrt{5}`, `３` → `3`, `\left(` → `(`. Nothing here reads structure; each
 * replacement is a table or a pattern that takes linear time.
 */

/** Fractions with a sign of their own. */
const VULGAR: Readonly<Record<string, string>> = {
  '½': '1/2', '⅓': '1/3', '⅔': '2/3', '¼': '1/4', '¾': '3/4', '⅕': '1/5', '⅖': '2/5', '⅗': '3/5', '⅘': '4/5',
  '⅙': '1/6', '⅚': '5/6', '⅐': '1/7', '⅛': '1/8', '⅜': '3/8', '⅝': '5/8', '⅞': '7/8', '⅑': '1/9', '⅒': '1/10',
}; // biome-ignore format: a table

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿˣⁱ';
const SUPERSCRIPT_VALUES = '0123456789+-()nxi';
const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙₓᵢ';
const SUBSCRIPT_VALUES = '0123456789+-()nxi';

/** Signs and the LaTeX or ASCII they stand for. */
const SIGNS: Readonly<Record<string, string>> = {
  '−': '-', '–': '-', '—': '-', '‐': '-', '‑': '-', '﹣': '-', '×': '\\times ', '⋅': '\\cdot ', '·': '\\cdot ',
  '∙': '\\cdot ', '•': '\\cdot ', '∗': '*', '÷': '\\div ', '⁄': '/', '∕': '/', '±': '\\pm ', '∓': '\\mp ', '∞': '\\infty ', '≤': '\\le ', '≦': '\\le ', '⩽': '\\le ',
  '≥': '\\ge ', '≧': '\\ge ', '⩾': '\\ge ', '≠': '\\ne ', '≈': '\\approx ', '≃': '\\approx ', '≅': '\\approx ', '∈': '\\in ',
  '∪': '\\cup ', '∩': '\\cap ', '∖': '\\setminus ', '∅': '\\emptyset ', 'Ø': '\\emptyset ', '∨': ' or ', '∧': ' and ', '°': '^\\circ ', 'º': '^\\circ ',
  '′': "'", '’': "'", '‘': "'", '“': '"', '”': '"', 'π': '\\pi ', 'Π': '\\Pi ', 'α': '\\alpha ', 'β': '\\beta ', 'γ': '\\gamma ',
  'δ': '\\delta ', 'Δ': '\\Delta ', 'ε': '\\epsilon ', 'θ': '\\theta ', 'λ': '\\lambda ', 'μ': '\\mu ', 'σ': '\\sigma ', 'τ': '\\tau ', 'φ': '\\phi ',
  'ϕ': '\\phi ', 'ω': '\\omega ', 'Ω': '\\Omega ', 'ρ': '\\rho ', 'η': '\\eta ', 'ξ': '\\xi ', 'ψ': '\\psi ', 'ℝ': '\\mathbb{R}', 'ℤ': '\\mathbb{Z}',
  'ℕ': '\\mathbb{N}', 'ℚ': '\\mathbb{Q}', 'ℂ': '\\mathbb{C}', '€': '\\text{euro}', '£': '\\text{sterling}', '¥': '\\text{yen}', '₹': '\\text{rupee}', '¢': '\\text{cent}',
  '℃': '\\text{degc}', '℉': '\\text{degf}', '‰': '/1000', '⟨': '\\langle ', '⟩': '\\rangle ', '、': ',', '。': '.',
  '【': '[', '】': ']', '⌊': '\\lfloor ', '⌋': '\\rfloor ', '⌈': '\\lceil ', '⌉': '\\rceil ', 'ı': 'i', 'ℓ': 'l', '…': '\\ldots ',
}; // biome-ignore format: a table

const SIGN_PATTERN = new RegExp(
  `[${Object.keys(SIGNS)
    .join('')
    .replace(/[\\\]^-]/g, '\\$&')}]`,
  'gu',
);
const SUPERSCRIPT_RUN = new RegExp(`[${SUPERSCRIPTS}]+`, 'gu');
const SUBSCRIPT_RUN = new RegExp(`[${SUBSCRIPTS}]+`, 'gu');

function translate(run: string, from: string, to: string): string {
  return [...run].map((sign) => to[from.indexOf(sign)]!).join('');
}

/** Unicode to ASCII and LaTeX. */
function fromUnicode(text: string): string {
  return text
    .replace(/[\uFF01-\uFF5E]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .replace(/[\u200B-\u200F\u2060\uFEFF\u00AD]/g, '')
    .replace(/[\u00A0\u2000-\u200A\u202F\u205F\u3000]/g, ' ')
    .replace(/[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒]/g, (sign) => {
      const [top, bottom] = VULGAR[sign]!.split('/');
      return `\\frac{${top}}{${bottom}}`;
    })
    .replace(SUPERSCRIPT_RUN, (run) => `^{${translate(run, SUPERSCRIPTS, SUPERSCRIPT_VALUES)}}`)
    .replace(SUBSCRIPT_RUN, (run) => `_{${translate(run, SUBSCRIPTS, SUBSCRIPT_VALUES)}}`)
    .replace(/([√∛∜])\s*(\d+(?:\.\d+)?|[A-Za-z])?/gu, (_, sign: string, digits?: string) => {
      const degree = sign === '∛' ? '[3]' : sign === '∜' ? '[4]' : '';
      return digits === undefined ? `\\sqrt${degree} ` : `\\sqrt${degree}{${digits}}`;
    })
    .replace(SIGN_PATTERN, (sign) => SIGNS[sign]!);
}

/** Layout that means nothing: sizes of brackets, spaces, styles. */
const LAYOUT =
  /\\(?:left|right|middle|displaystyle|textstyle|scriptstyle|limits|nolimits|mathstrut|strut|bigl|bigr|Bigl|Bigr|biggl|biggr|Biggl|Biggr|big|Big|bigg|Bigg|nonumber|noindent|medspace|thinspace|tiny|small|large|Large)(?![A-Za-z])/g;

/** `5m²`: an area or volume where a number and a length are all there is; `3m² + m` is about a variable. */
const GLUED_AREA = /^([^A-Za-z\\]*\d)([kcdm]?m)([²³])(?=[\s.,]*$)/;

/** Text of an answer in one spelling of signs and layout. */
export function normalise(text: string): string {
  return fromUnicode(/[²³]/.test(text) ? text.replace(GLUED_AREA, '$1\\text{ $2}$3') : text)
    .replace(/\\(?:left|right)\s*\./g, ' ')
    .replace(LAYOUT, ' ')
    .replace(/\\mathbb\s*\{\s*([EP])\s*\}/g, '$1') // expectation and probability
    .replace(/(\d)\\[,;:!]\s*(?=\d{3}(?!\d))/g, '$1{,}') // a thousands separator, kept apart from spaces
    .replace(/(\d)\{\s*,\s*\}/g, '$1{,}')
    .replace(/(\d),\\!\s*(?=\d)/g, '$1{,}')
    .replace(/\\\\(?:\[[^\]]{0,12}\])?/g, '\\\\ ')
    .replace(/\\\\|\\[,;:!> ]|\\q?quad|\\enspace(?![A-Za-z])|~/g, (space) => (space === '\\\\' ? space : ' '))
    .replace(
      /(\d)\s*(?:\^\s*\{?\s*)?(?:\\(?:text|mathrm|textrm)\s*\{\s*)?(?:st|nd|rd|th)\b(?![\w])\}{0,2}/g,
      '$1',
    )
    .replace(/\\(?:hspace|vspace|phantom|hphantom|vphantom|label|tag)\*?\s*\{[^{}]{0,40}\}/g, ' ')
    .replace(/(?<![A-Za-z\\])m\s*(?=\\angle(?![A-Za-z]))/g, '')
    .replace(/(\d\.?)\s*[x]\s*(?=10\s*(?:\^|\*\*))/g, '$1\\times ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Dollar signs and the like that only say "mathematics here" are removed; those that are currency stay as `\$`. */
export function stripMathDelimiters(text: string): string {
  const bare = text.replace(/(?<!\\)\\[()[\]]/g, ' ');
  const dollars = bare.match(/(?<!\\)\$/g)?.length ?? 0;
  if (dollars % 2 === 1) return bare.replace(/(?<!\\)\$\s*(?=[-+]?[\d.])/, '\\$').replace(/(?<!\\)\$/g, ' ');
  return bare.replace(/(?<!\\)\$/g, ' ');
}

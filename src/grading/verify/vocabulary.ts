/** @file The words and commands that answers are written in, and what each stands for. */
import { isKnownUnit, unitName } from './units.ts';

/** Functions of one argument that are read by name, with or without a backslash. */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc asin acos atan sinh cosh tanh coth sech csch ' +
    'arsinh arcosh artanh arcsinh arccosh arctanh asinh acosh atanh ln log lg exp sqrt abs floor ceil ' +
    'max min gcd lcm erf erfc gamma cis sgn'
  ).split(' '),
);

/** Short names of quantities that are not computed; as products of letters they would be misread. */
export const NAMED_QUANTITIES = /^(?:Var|Cov|Pr|SD|det|dim|deg|arg|Re|Im|tr|adj|ord|vol)$/;

/** Words that are constants. */
export const CONSTANT_WORDS: Readonly<Record<string, string>> = {
  pi: 'pi',
  inf: 'infty',
  infinity: 'infty',
  oo: 'infty',
};

/** Words that stand for a sign before a number, and those for one after it. */
export const PREFIX_WORDS: Readonly<Record<string, string>> = {
  minus: '-',
  negative: '-',
  plus: '+',
  times: '*',
};
export const SUFFIX_WORDS: Readonly<Record<string, string>> = { squared: '^2', cubed: '^3', factorial: '!' };

/** Plain words that stand for a relation or an operation. */
export const SEPARATOR_WORDS: Readonly<Record<string, string>> = {
  or: 'or',
  and: 'and',
  或: 'or',
  或者: 'or',
  和: 'and',
};

export const UPRIGHT = new Set(
  'text textbf textit textrm textsf texttt textnormal mathrm mathit mathsf mathtt mbox hbox operatorname emph'.split(
    ' ',
  ),
);

/** Removes a layer: `\mathbf{x}` is x. */
export const TRANSPARENT = new Set(
  'mathbf boldsymbol bm bold vec hat mathcal mathscr mathfrak underline ensuremath mathop mathord mathrel mathbin'.split(
    ' ',
  ),
);

/** Chinese words for powers of ten that a unit may follow in the same word: 5万元. */
export const MYRIADS = /^(?:[十百千]?[万亿]|[百千](?=$))/u;

/** Whether a name in `\operatorname{…}` is a function, a unit, or a word between items. */
export function isReadName(name: string): boolean {
  const lower = name.toLowerCase();
  return FUNCTIONS.has(lower) || Object.hasOwn(SEPARATOR_WORDS, lower) || isKnownUnit(unitName(name));
}

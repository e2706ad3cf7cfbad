/** @file Trees as MathJSON, the engine's own form. */
import type { MathJsonExpression as MathJson } from '@cortex-js/compute-engine/math-json';
import { isExpression, type Node } from './node.ts';

const CONSTANTS: Readonly<Record<string, string>> = {
  pi: 'Pi',
  e: 'ExponentialE',
  i: 'ImaginaryUnit',
  infinity: 'PositiveInfinity',
};

const FUNCTIONS: Readonly<Record<string, string>> = {
  sin: 'Sin', cos: 'Cos', tan: 'Tan', cot: 'Cot', sec: 'Sec', csc: 'Csc', arcsin: 'Arcsin', arccos: 'Arccos', arctan: 'Arctan',
  sinh: 'Sinh', cosh: 'Cosh', tanh: 'Tanh', ln: 'Ln', log: 'Log', exp: 'Exp', abs: 'Abs', floor: 'Floor', ceil: 'Ceil', max: 'Max',
  min: 'Min', gcd: 'GCD', lcm: 'LCM', factorial: 'Factorial', binomial: 'Binomial', root: 'Root',
  gamma: 'Gamma', arccot: 'Arccot', arcsec: 'Arcsec', arccsc: 'Arccsc', coth: 'Coth', sech: 'Sech', csch: 'Csch', arsinh: 'Arsinh',
  arcosh: 'Arcosh', artanh: 'Artanh', erf: 'Erf', erfc: 'Erfc',
}; // biome-ignore format: a table

/** The engine's name for a variable: letters as they are, others spelled out. */
function symbolName(name: string): string {
  return /^[A-Za-z]$/.test(name)
    ? name
    : `v${name.replace(/[^A-Za-z0-9]/g, (sign) => `z${sign.charCodeAt(0)}z`)}`;
}

/** A tree as MathJSON; null where it is no expression. */
export function toMathJson(node: Node): MathJson | null {
  if (!isExpression(node)) return null;
  switch (node.kind) {
    case 'number':
      return node.value.d === 1n
        ? { num: `${node.value.n}` }
        : ['Rational', { num: `${node.value.n}` }, { num: `${node.value.d}` }];
    case 'symbol':
      return symbolName(node.name);
    case 'constant':
      return CONSTANTS[node.name]!;
    case 'negative':
      return call('Negate', [node.of]);
    case 'sum':
      return call('Add', node.terms);
    case 'product':
      return call('Multiply', node.factors);
    case 'quotient':
      return call('Divide', [node.top, node.bottom]);
    case 'power':
      return call('Power', [node.base, node.exponent]);
    case 'call':
      return Object.hasOwn(FUNCTIONS, node.name) ? call(FUNCTIONS[node.name]!, node.args) : null;
    case 'unit':
      if (node.name === 'percent') return ['Rational', 1, 100];
      return node.name === 'deg' ? ['Divide', 'Pi', 180] : null;
  }
}

function call(name: string, nodes: readonly Node[]): MathJson | null {
  const args = nodes.map(toMathJson);
  return args.some((arg) => arg === null) ? null : [name, ...(args as MathJson[])];
}

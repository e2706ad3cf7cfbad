import { expect, it } from 'vitest';
import { finalExpressions } from './final.ts';

it('finds the final expression', () => {
  expect(finalExpressions('We add.\nThe sum is $a+b$ here.')[0]).toBe('a+b');
  expect(finalExpressions('The roots are $x=2$ and $x=3$.')[0]).toBe('x=2 and x=3');
  expect(finalExpressions('So there are 12 ways.').at(-1)).toBe('12');
});

it.each([
  ['The largest $n$ is 34.', '34'],
  ['So $n$ = 34.', '34'],
  ['With $x=2$, the error grows by 100%.', '100%'],
  ['Hence $a = 1$. Then the total is 7 dollars.', '7 dollars'],
])('goes on after the last formula: %j', (text, last) => {
  expect(finalExpressions(text).at(-1)).toBe(last);
});

it.each(['so $x=5$ (see step 2).', 'Therefore $x=5$ in 2 cases.', 'It is $x=5$ for 3 dice.'])(
  'stays at the last formula: %j',
  (text) => {
    expect(finalExpressions(text)).toEqual(['x=5']);
  },
);

it('tells currency from mathematics', () => {
  expect(finalExpressions('It costs $5 for adults and $16 for kids.').at(-1)).toBe('$16');
  expect(finalExpressions('She makes $9 \\times 2 = \\$18$, in all $16$.')).toEqual(['16']);
});

it.each([
  ['James runs 540 meters per week.', '540 meters'],
  ['it is 1,000.99m²', '1,000.99 m²'],
  ['It drops to negative 5.', '-5'],
  ['There are 5! ways.', '5!'],
  ['There are 42!', '42'],
  ['She came 4th.', '4'],
  ['The train leaves at 3:45.', '3:45'],
  ['共有5个苹果', '5'],
  ['They have 5 bottles of H2O.', '5'],
])('the last number of %j is %j', (text, number) => {
  expect(finalExpressions(text).at(-1)).toBe(number);
});

it.each([
  'The gas is CO2',
  'H2O',
  'x^2 grows',
  'we get 3x',
  'a_2 is it',
  '4-6 players',
  'not 5',
  '6*7 and so on',
  '\\pi2',
])('takes no number out of %j', (text) => {
  expect(finalExpressions(text).filter((found) => /^[-\d]+$/.test(found))).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import type { Json } from '../../records.ts';
import { testsFromColumn } from './tests-column.ts';

const read = (value: Json) => testsFromColumn(value, 'python', 'file:3');
const STDIO = [{ stdin: '1\n', stdout: '2\n' }];

describe('testsFromColumn', () => {
  it.each<[string, Json, object]>([
    ['cases of standard input', STDIO, { tests: STDIO }],
    ['inputs with outputs, case by case', [{ input: '1\n', output: '2\n', type: 'stdin' }], { tests: STDIO }],
    ['lists of inputs and outputs', { inputs: ['1\n'], outputs: ['2\n'] }, { tests: STDIO }],
    ['JSON text', '{"inputs": ["1\\n"], "outputs": ["2\\n"]}', { tests: STDIO }],
    [
      'calls of a function',
      { inputs: [[1, 2]], outputs: [3], fn_name: 'add' },
      { tests: { function: 'add', cases: [{ args: [1, 2], result: 3 }] } },
    ],
    ['assertions', ['assert f(1) == 2'], { tests: { code: ['assert f(1) == 2'] } }],
    ['test code', 'assert f(1) == 2', { tests: { code: ['assert f(1) == 2'] } }],
    [
      'a whole description, whose language goes before',
      { language: 'javascript', tests: ['check(f)'], timeLimitMs: 500 },
      { language: 'javascript', tests: { code: ['check(f)'] }, timeLimitMs: 500 },
    ],
  ])('reads %s', (_, value, tests) => {
    expect(read(value)).toEqual({ language: 'python', ...tests });
  });

  it.each<[string, Json]>([
    ['nothing', null],
    ['an empty text', ' '],
    ['no cases', []],
    ['a number', 5],
    ['more inputs than outputs', { inputs: ['1', '2'], outputs: ['2'] }],
    ['an unknown language', { language: 'cobol', tests: ['x'] }],
  ])('refuses %s, naming place and layouts', (_, value) => {
    expect(() => read(value)).toThrow(/^file:3: .*\n.*Accepted: a list of/su);
  });
});

import { describe, expect, it } from 'vitest';
import { cpuMilliseconds } from '../../../tests/support/cpu-time.ts';
import { readResponse } from '../../text/index.ts';
import { extractCode } from './extract.ts';

const block = (name: string, code: string, fence = '```') => `${fence}${name}\n${code}\n${fence}\n`;

describe('the program in a response', () => {
  it.each([
    ['the last block of the language', `${block('python', 'a')}then\n${block('python', 'b')}`, 'b'],
    ['its language before any other', `${block('py', 'a')}${block('bash', 'pip')}${block('', 'c')}`, 'a'],
    ['a block without a name', `text\n${block('', 'x = 1')}`, 'x = 1'],
    ['nothing from another language', block('cpp', 'int main(){}'), null],
    [
      'what follows the thought',
      `<think>${'\n'}${block('python', 'a')}</think>\n${block('python', 'b')}`,
      'b',
    ],
    ['nothing from the thought', `<think>\n${block('python', 'a')}</think>\nI do not know.`, null],
    ['the answer where there is no block', '<think>x</think><answer>\nprint(1)\n</answer>', 'print(1)'],
    [
      'the answer without the space behind its tag',
      '<think>x</think> <answer> x = 1\nprint(x) </answer>',
      'x = 1\nprint(x)',
    ],
    [
      'the answer without the indentation all lines share',
      '<answer>\n    if x:\n        y()\n\n    z()\n</answer>',
      'if x:\n    y()\n\nz()',
    ],
    ['a block inside the answer', `<answer>${block('python', 'a')}</answer>`, 'a'],
    ['no block beside the answer', `${block('python', 'a')}<answer>print(1)</answer>`, 'print(1)'],
    ['a block in an answer that was cut', `<answer>${block('python', 'a')}and`, 'a'],
    ['nothing from a thought that never closed', `<think>\n${block('python', 'a')}`, null],
    ['no block that was cut', '```python\nprint(1)\n', null],
    ['the closed block before one that was cut', `${block('python', 'a')}\`\`\`python\nb`, 'a'],
    ['tildes, and indented fences', `  ~~~python\ny\n  ~~~`, 'y'],
    ['a fence inside a longer one', block('python', '"""\n```\n"""', '````'), '"""\n```\n"""'],
    ['the name in any case', block('Python3', 'z'), 'z'],
    ['Windows line ends', '```python\r\nq\r\n```', 'q'],
    ['no empty block', block('python', '  '), null],
    ['nothing from prose', 'def f(): pass', null],
    ['nothing from nothing', '', null],
  ])('takes %s', (_what, response, code) => {
    expect(extractCode(response, 'python')).toBe(code);
  });

  it('knows of a read response that the prompt opened the thought', () => {
    const program = block('python', 'a');
    expect(extractCode(readResponse(program, { opened: true }), 'python')).toBeNull();
    expect(extractCode(readResponse(`so </think>\n${program}`, { opened: true }), 'python')).toBe('a');
  });

  it('takes JavaScript by its names', () => {
    expect(extractCode(`${block('js', 'a')}${block('python', 'b')}`, 'javascript')).toBe('a');
  });

  it('takes time that grows with the length only', () => {
    const start = cpuMilliseconds();
    expect(extractCode('`'.repeat(2_000_000), 'python')).toBeNull();
    expect(extractCode('```python\n'.repeat(200_000), 'python')).toBeNull();
    expect(extractCode('<answer>'.repeat(200_000), 'python')).toBeNull();
    expect(cpuMilliseconds() - start).toBeLessThan(10_000);
  });
});

/** @file Console blocks of a page: what is read, what agrees with it, what is run. */
import { describe, expect, it } from 'vitest';
import { agrees, Console, consoleBlocks, withOutputs } from './console-page.ts';

const PAGE = `# Page

## First
\`\`\`console
$ echo one
one
$ echo two; \\
  echo three
two
three
\`\`\`
## Second
\`\`\`
$ not console
\`\`\`
\`\`\`console long
$ true
\`\`\`
`;

describe('console blocks', () => {
  const blocks = consoleBlocks(PAGE);

  it('are read with section, mark and steps', () => {
    expect(blocks).toEqual([
      {
        section: 'First',
        isLong: false,
        steps: [
          { command: 'echo one', expected: 'one' },
          { command: 'echo two; \\\n  echo three', expected: 'two\nthree' },
        ],
      },
      { section: 'Second', isLong: true, steps: [{ command: 'true', expected: '' }] },
    ]);
  });

  it('are rewritten with other outputs, the rest of the page as it was', () => {
    const rewritten = withOutputs(PAGE, [['1', '2\n3'], undefined]);
    expect(consoleBlocks(rewritten)[0]!.steps.map(({ expected }) => expected)).toEqual(['1', '2\n3']);
    expect(withOutputs(rewritten, [['one', 'two\nthree'], ['']])).toBe(PAGE);
  });

  it('run in order, in bash, with runs/ and the port put back', async () => {
    const console = await Console.open('/tmp/elsewhere');
    expect(await console.run(blocks[0]!)).toEqual(['one', 'two\nthree']);
    const step = (command: string, expected = '') => ({ command, expected });
    const server = step('bash -c "echo up at 8123; sleep 60" &', 'up at …\n…');
    const block = { section: '', isLong: false, steps: [server, step('echo runs/a 8123 >&2; false')] };
    expect(await console.run(block)).toEqual(['up at 8123', 'runs/a 8123']);
  });
});

describe('an output agrees', () => {
  it.each([
    ['a b', 'a b'],
    ['pass@1  18.…', 'pass@1  18.5'],
    ['a\n…\nd', 'a\nb\nc\nd'],
    ['a\n…\nd', 'a\nd'],
    ['…', ''],
    ['', ''],
    ['a …  c', 'a b b  c'],
    ['a', 'a   '],
    ['pass@1   ≈80.0 [≈70–90]', 'pass@1  72.25 [80–90]'],
  ])('%j with %j', (expected, actual) => {
    expect(agrees(expected, actual)).toBe(true);
  });

  it.each([
    ['a b', 'a c'],
    ['pass@1  18.…', 'pass@1  19.5'],
    ['a.c', 'abc'],
    ['a\n…\nd', 'a\nb\nc'],
    ['a …c', 'a b\nc'],
    ['a', 'a\nb'],
    ['pass@1   ≈80', 'pass@1  60'],
    ['a ≈1 ≈2', 'a 1 b'],
  ])('not %j with %j', (expected, actual) => {
    expect(agrees(expected, actual)).toBe(false);
  });
});

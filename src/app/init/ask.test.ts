import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { askAtTerminal, askFor } from './ask.ts';

/** A terminal at which these lines are typed. */
function terminal(typed: string) {
  const stdin = new PassThrough();
  stdin.end(typed);
  const shown: string[] = [];
  const io = {
    stdin,
    stdout: { write: () => undefined },
    stderr: { write: (text: string) => shown.push(text) },
  };
  return { ask: askAtTerminal(io), shown };
}

describe('askAtTerminal', () => {
  it('puts its questions on stderr and reads lines', async () => {
    const { ask, shown } = terminal('  a model \nb\n');
    expect(await ask('Model: ')).toBe('a model');
    expect(await ask('Task: ')).toBe('b');
    expect(shown.join('')).toBe('Model: Task: ');
    ask.close();
  });

  it('ends with status 130 where nothing more is typed', async () => {
    const { ask } = terminal('');
    await expect(ask('Model: ')).rejects.toMatchObject({
      exitCode: 130,
      message: expect.stringContaining('no answer'),
    });
  });
});

describe('askFor', () => {
  const typing = (...answers: string[]) => {
    const said: string[] = [];
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return answers.shift()!;
    };
    return { by: { ask, say: (text: string) => said.push(text) }, said, asked };
  };
  const whole = (text: string) => {
    if (/^\d+$/.test(text)) return Number(text);
    throw new UsageError(`${text}: no number`, 'Write digits.');
  };

  it('asks again until the answer can be used, and says why', async () => {
    const { by, said, asked } = typing('', 'x', '7');
    expect(await askFor(by, 'Count', null, whole)).toBe(7);
    expect(asked).toEqual(['Count: ', 'Count: ', 'Count: ']);
    expect(said).toEqual(['x: no number\n  Write digits.\n']);
  });

  it('takes what it proposes where nothing is typed', async () => {
    const { by, asked } = typing('');
    expect(await askFor(by, 'Count', '5', whole)).toBe(5);
    expect(asked).toEqual(['Count [5]: ']);
  });

  it('does not hide a defect', async () => {
    const { by } = typing('x');
    await expect(
      askFor(by, 'Count', null, () => {
        throw new TypeError('defect');
      }),
    ).rejects.toThrow('defect');
  });
});

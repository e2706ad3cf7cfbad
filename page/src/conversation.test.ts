import { describe, expect, it } from 'vitest';
import { type Action, anyActive, type Conversation, EMPTY, reduce, turnsBefore } from './conversation.ts';

const ask = (turn: string, replaces: string | null = null, models = ['r1', 'zero']): Action => ({
  type: 'ask',
  turn,
  question: `${turn}?`,
  models,
  at: 1,
  replaces,
});

const after = (...actions: Action[]): Conversation => actions.reduce(reduce, EMPTY);

const ended = (turn: string, model: string): Action => ({
  type: 'events',
  replies: [{ turn, model, events: [{ type: 'ended', at: 2 }] }],
});

describe('the conversation', () => {
  it('asks each model', () => {
    const { turns } = after(ask('a'));
    expect(turns).toMatchObject([{ id: 'a', question: 'a?' }]);
    expect(Object.keys(turns[0]!.replies)).toEqual(['r1', 'zero']);
  });

  it('gives events to the one reply they are of', () => {
    const state = after(ask('a'), ask('b'), ended('b', 'zero'));
    const phases = state.turns.map(({ replies }) => Object.values(replies).map(({ phase }) => phase));
    expect(phases).toEqual([
      ['waiting', 'waiting'],
      ['waiting', 'done'],
    ]);
    expect(anyActive(state)).toBe(true);
  });

  it('leaves turns that nothing happened to the same objects', () => {
    const before = after(ask('a'), ask('b'));
    const next = reduce(before, ended('b', 'r1'));
    expect(next.turns[0]).toBe(before.turns[0]);
    expect(next.turns[1]!.replies.zero).toBe(before.turns[1]!.replies.zero);
  });

  it('passes over events of turns and replies that are gone', () => {
    const state = after(ask('a'));
    expect(reduce(state, ended('x', 'r1'))).toBe(state);
    expect(reduce(state, ended('a', 'x'))).toBe(state);
  });

  it('drops what came after an edited question', () => {
    const state = after(ask('a'), ask('b'), ask('c'), ask('b', 'b', ['r1']));
    expect(state.turns.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(Object.keys(state.turns[1]!.replies)).toEqual(['r1']);
  });

  it('asks some models again and drops what was built on the old reply', () => {
    const state = after(ask('a'), ended('a', 'r1'), ended('a', 'zero'), ask('b'));
    const next = reduce(state, { type: 'again', turn: 'a', models: ['zero', 'base'], at: 9 });
    expect(next.turns).toHaveLength(1);
    const phases = Object.entries(next.turns[0]!.replies).map(([model, { phase }]) => `${model} ${phase}`);
    expect(phases).toEqual(['r1 done', 'zero waiting', 'base waiting']);
    expect(reduce(state, { type: 'again', turn: 'x', models: ['r1'], at: 9 })).toBe(state);
  });

  it('tells what came before a turn', () => {
    const state = after(ask('a'), ask('b'));
    expect(turnsBefore(state, 'b').map(({ id }) => id)).toEqual(['a']);
    expect(turnsBefore(state, 'new')).toHaveLength(2);
  });
});

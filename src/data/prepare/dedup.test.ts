import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { deduplicate } from './dedup.ts';
import { itemOf, itemsOf } from './testing.ts';

const idsOf = (items: readonly { prompt: { id: string } }[]) => items.map(({ prompt }) => prompt.id);
const LONG =
  'A train leaves the station at nine in the morning and travels north at sixty kilometres an hour for three hours without a stop';

describe('deduplicate', () => {
  it('keeps everything where not asked', () => {
    expect(deduplicate(itemsOf('a', 'a'), 'none').kept).toHaveLength(2);
  });

  it('leaves out equal questions, whatever their case, width and spaces', () => {
    const { kept, repeats } = deduplicate(itemsOf('What is  2+3?', 'what is ２+3?', 'What is 2*3?'), 'exact');
    expect(idsOf(kept)).toEqual(['i1', 'i3']);
    expect(repeats).toEqual([{ id: 'i2', of: 'i1', similarity: 1 }]);
  });

  it('keeps equal questions with different answers and says so', () => {
    const items = [itemOf(1, 'q', '1'), itemOf(2, 'Q', '2'), itemOf(3, 'q', '2'), itemOf(4, 'q', null)];
    const { kept, repeats, conflicts } = deduplicate(items, 'exact');
    expect(idsOf(kept)).toEqual(['i1', 'i2', 'i4']);
    expect(repeats).toEqual([{ id: 'i3', of: 'i2', similarity: 1 }]);
    expect(conflicts).toEqual([
      { id: 'i2', with: 'i1' },
      { id: 'i4', with: 'i1' },
    ]);
  });

  it('leaves out near questions only where asked, and only with the same answer', () => {
    const near = `${LONG}.`;
    expect(deduplicate(itemsOf(LONG, near), 'exact').kept).toHaveLength(2);
    const { kept, repeats } = deduplicate([itemOf(1, LONG), itemOf(2, near), itemOf(3, near, '2')], 'near');
    expect(idsOf(kept)).toEqual(['i1', 'i3']);
    // 24 words have 20 shingles; the full stop adds one.
    expect(repeats).toEqual([{ id: 'i2', of: 'i1', similarity: 20 / 21 }]);
  });

  it('keeps questions that share less than four fifths of their 5-grams', () => {
    const other = LONG.replace('nine', 'ten').replace('sixty', 'fifty');
    expect(deduplicate(itemsOf(LONG, other), 'near').kept).toHaveLength(2);
  });

  it('finds nearly all near pairs among many', () => {
    const words = (seed: number) => {
      const random = Random.derive(seed, 'words');
      return Array.from({ length: 60 }, () => `w${random.int(0, 999)}`).join(' ');
    };
    const items = Array.from({ length: 300 }, (_, i) => [
      itemOf(2 * i, words(i)),
      itemOf(2 * i + 1, `${words(i)} end`),
    ]).flat();
    expect(deduplicate(items, 'near').kept).toHaveLength(300);
  });

  it('takes empty and short questions', () => {
    expect(idsOf(deduplicate(itemsOf('', ' ', 'a', 'b'), 'near').kept)).toEqual(['i1', 'i3', 'i4']);
  });
});

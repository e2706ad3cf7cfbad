/**
 * @file Equivalence classes of answers: the majority of cons@k is one of equivalent answers, not of equal texts.
 */

/** Whether two answers mean the same, e.g. `1/2` and `0.5`. Asked for answers whose texts differ. */
export type SameAnswer = (a: string, b: string) => boolean | Promise<boolean>;

/**
 * Each answer replaced by the first one before it that means the same; null (no answer) stays null. Compared with the
 * first of each class only, so `same` has to be an equivalence.
 */
export async function representatives(
  answers: readonly (string | null)[],
  same: SameAnswer,
): Promise<(string | null)[]> {
  const known = new Map<string, string>();
  const classes: string[] = [];
  for (const answer of answers) {
    const text = answer?.trim();
    if (text === undefined || known.has(text)) continue;
    const found = await firstSame(classes, text, same);
    if (found === undefined) classes.push(text);
    known.set(text, found ?? text);
  }
  return answers.map((answer) => (answer === null ? null : known.get(answer.trim())!));
}

async function firstSame(
  classes: readonly string[],
  text: string,
  same: SameAnswer,
): Promise<string | undefined> {
  for (const candidate of classes) if (await same(candidate, text)) return candidate;
  return undefined;
}

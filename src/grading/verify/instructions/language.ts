/**
 * @file Language of a text, among those of IFEval: by script, and where languages share one by letters or words of
 * their own.
 *
 * In place of the published checker's langdetect, whose verdicts vary between runs. A text without letters, and one too
 * short to tell, is taken to be in the language asked for, as there.
 */

/** Languages that have a script to themselves here. */
const SCRIPT_OF: { readonly [language: string]: string } = {
  bn: 'Bengali',
  gu: 'Gujarati',
  he: 'Hebrew',
  ja: 'Hiragana',
  kn: 'Kannada',
  ko: 'Hangul',
  ml: 'Malayalam',
  pa: 'Gurmukhi',
  ta: 'Tamil',
  te: 'Telugu',
  th: 'Thai',
  el: 'Greek',
  zh: 'Han',
};

/** Frequent short words of languages that share a script. */
const WORDS: { readonly [script: string]: { readonly [language: string]: string } } = {
  Latin: {
    en: 'the of and to in is that it for was with as on are this be you not have from by or at we',
    de: 'der die das und ist nicht ich ein eine zu den mit von sich auf es dem im für sie wir',
    fr: 'le la les des et est un une que pas pour dans qui il du nous vous sur au avec ce',
    es: 'el la los las de que y en un una es por con para no se del lo como más su',
    pt: 'o a os as de que e em um uma é por com para não se do da no na mais',
    it: 'il la che di e un una è per con non si del della sono gli le come anche più nel',
    fi: 'ja on ei se että hän oli olla mutta joka kun niin ovat tämä myös kuin minä sinä ole sen',
    pl: 'i w na nie się to jest z że do jak ale po co tak za od przez dla oraz są',
    vi: 'và là của có không được trong cho một các với này những người để khi đã đến như tôi',
    sw: 'na ya wa ni kwa la katika za kuwa hii hiyo au kama pia sana lakini watu yake cha si',
  },
  Cyrillic: {
    ru: 'и в не на что я с он это как а по но они к у ты из мы за вы так же от было',
    uk: 'і в не на що я з він це як а по але вони до у ти та ми за ви так же від було є',
    bg: 'и в не на че аз с той това как а по но те към ти от ние за вие така е да се са',
  },
  Arabic: {
    ar: 'في من على إلى أن هذا هذه التي الذي كان لا ما عن مع هو هي و كل بين قد',
    fa: 'و در به از که این است را با برای آن یک می ها تا بر هم خود شده او',
    ur: 'کے کی کا میں ہے اور سے کو پر نے یہ ہیں کہ ایک اس نہیں بھی وہ تھا کر',
  },
  Devanagari: {
    hi: 'के है में की का और से को पर ने यह हैं कि एक इस नहीं भी था कर वह',
    mr: 'आहे आणि च्या या ते मध्ये नाही की हे आहेत एक तो होते साठी करा पण त्या मी ही असे',
    ne: 'छ र को मा का ले यो हो लाई छन् पनि एक गर्न भने तर यस हुन् म थियो',
  },
};

/** The languages that can be told. */
export const LANGUAGES: readonly string[] = [
  ...Object.keys(SCRIPT_OF),
  ...Object.values(WORDS).flatMap((languages) => Object.keys(languages)),
].sort();

const SAMPLE = 20_000;

/** Whether `text` is in `language`, a code of `LANGUAGES`. */
export function isInLanguage(text: string, language: string): boolean {
  const found = languageOf(text.slice(0, SAMPLE));
  return found === null || found === language;
}

/** The language of a text, or null where none can be told. */
function languageOf(text: string): string | null {
  const script = dominant(
    ['Latin', 'Cyrillic', 'Arabic', 'Devanagari', ...Object.values(SCRIPT_OF), 'Katakana'].map((name) => [
      name,
      text.match(new RegExp(`\\p{Script=${name}}`, 'gu'))?.length ?? 0,
    ]),
  );
  if (script === null) return null;
  const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text);
  if (script === 'Han' || script === 'Hiragana' || script === 'Katakana') return japanese ? 'ja' : 'zh';
  const sharing = WORDS[script];
  if (sharing === undefined) return Object.keys(SCRIPT_OF).find((key) => SCRIPT_OF[key] === script) ?? null;
  const words = text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
  return dominant(
    Object.entries(sharing).map(([language, list]) => {
      const known = new Set(list.split(' '));
      return [language, words.filter((word) => known.has(word)).length];
    }),
  );
}

/** The name with the highest count above 0; null where there is none or two share it. */
function dominant(counts: readonly (readonly [name: string, count: number])[]): string | null {
  const [first, second] = [...counts].sort((a, b) => b[1] - a[1]);
  if (first === undefined || first[1] === 0) return null;
  return second !== undefined && second[1] === first[1] ? null : first[0];
}

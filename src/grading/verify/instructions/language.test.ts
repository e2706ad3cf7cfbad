import { describe, expect, it } from 'vitest';
import { isInLanguage, LANGUAGES } from './language.ts';

/** One plain sentence in each language of IFEval. */
const SENTENCES: { readonly [language: string]: string } = {
  en: 'The weather is nice today and we are going to the park.',
  de: 'Das Wetter ist heute schön und wir gehen in den Park.',
  fr: 'Il fait beau et nous allons au parc avec les enfants.',
  es: 'El tiempo es bueno y vamos a la playa con los niños.',
  pt: 'O tempo está bom e não vamos para a praia com os amigos.',
  it: 'Il tempo è bello e andiamo al parco con gli amici che sono qui.',
  fi: 'Sää on hyvä ja me menemme puistoon, mutta se on kaukana.',
  pl: 'Pogoda jest dobra i idziemy do parku, ale nie jest ciepło.',
  vi: 'Thời tiết đẹp và chúng tôi đi công viên với những người bạn của tôi.',
  sw: 'Hali ya hewa ni nzuri na tunaenda kwa bustani ya watu.',
  ru: 'Погода хорошая, и мы идём в парк, а потом я пойду на работу.',
  uk: 'Погода гарна, і ми йдемо до парку, а він це не любить.',
  bg: 'Времето е хубаво и ние ще отидем в парка, за да се разходим с тях.',
  ar: 'الطقس جميل اليوم و نحن في الحديقة مع الأصدقاء من المدينة',
  fa: 'هوا خوب است و ما به پارک می رویم که در شهر است',
  ur: 'موسم اچھا ہے اور ہم پارک میں جا رہے ہیں کہ یہ شہر کے پاس ہے',
  hi: 'मौसम अच्छा है और हम पार्क में जा रहे हैं',
  mr: 'हवामान चांगले आहे आणि आम्ही उद्यानात जात आहोत पण ते दूर आहे',
  ne: 'मौसम राम्रो छ र हामी पार्कमा जान्छौं तर यो टाढा छ',
  bn: 'আজ আবহাওয়া ভালো',
  gu: 'આજે હવામાન સારું છે',
  he: 'מזג האוויר יפה היום',
  ja: '今日は天気がいいです',
  kn: 'ಇಂದು ಹವಾಮಾನ ಚೆನ್ನಾಗಿದೆ',
  ko: '오늘은 날씨가 좋습니다',
  ml: 'ഇന്ന് കാലാവസ്ഥ നല്ലതാണ്',
  pa: 'ਅੱਜ ਮੌਸਮ ਚੰਗਾ ਹੈ',
  ta: 'இன்று வானிலை நன்றாக உள்ளது',
  te: 'ఈ రోజు వాతావరణం బాగుంది',
  th: 'วันนี้อากาศดี',
  el: 'Ο καιρός είναι καλός',
  zh: '今天天气很好',
};

describe('isInLanguage', () => {
  it('has a sentence of each language', () => {
    expect(Object.keys(SENTENCES).sort()).toEqual(LANGUAGES);
  });

  it.each(Object.entries(SENTENCES))('%s is told from all others', (language, sentence) => {
    expect(LANGUAGES.filter((other) => isInLanguage(sentence, other))).toEqual([language]);
  });

  it('takes a text it cannot tell to be right', () => {
    expect(isInLanguage('42', 'fr')).toBe(true);
    expect(isInLanguage('Xyzzy', 'fr')).toBe(true);
  });
});

/** @file A small corpus in many scripts, with code, numbers, emoji, white space and control characters, for tests. */

const SENTENCES = [
  'The quick brown fox jumps over the lazy dog, and the dog does not care; the fox didn’t either, they’re friends.',
  "It's 12:45. I've 3 apples, you've 14; we'd need 1,000,000 of them! 'Tis the season, y'all.",
  'Der schnelle braune Fuchs springt über den faulen Hund. Größe, Äpfel, Straße und Öl.',
  'Le cœur a ses raisons que la raison ne connaît point; c’est là l’été, déjà vu, naïveté.',
  'Быстрая коричневая лиса перепрыгивает через ленивую собаку. Съешь же ещё этих мягких булок.',
  'Η γρήγορη καφέ αλεπού πηδά πάνω από το τεμπέλικο σκυλί.',
  '敏捷的棕色狐狸跳过了懒狗。一加二等于三，再减四得负一。',
  'いろはにほへと ちりぬるを。速い茶色の狐はのろまな犬を飛び越える。',
  '빠른 갈색 여우가 게으른 개를 뛰어넘는다. 다람쥐 헌 쳇바퀴에 타고파.',
  'तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है। हिन्दी में लिखा हुआ।',
  'الثعلب البني السريع يقفز فوق الكلب الكسول. مَرْحَبًا بِالعَالَم ١٢٣',
  'השועל החום המהיר קופץ מעל הכלב העצלן.',
  'สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ',
  'Con cáo nâu nhanh nhẹn nhảy qua con chó lười biếng. e\u0301te\u0301 n\u0303 a\u030a',
  '😀😃 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 👍🏽 ❤️ ☕️ ∑∫√ ≠ ≤ ½ ² ①',
  'for (let i = 0; i < 10; i++) {\n  if (a[i] !== b[i]) return a[i] + " -> " + b[i];\n}\n',
  'def f(x: int) -> int:\n\treturn x**2 + 3*x - 1  # a comment\n\n\nprint(f(12))\n',
  '<p class="x">a&nbsp;b</p>\r\n<br/>\r\n\r\n\\frac{1}{2} \\boxed{42} $x^{2}$\n',
  '   leading blanks\n\n\n  and   many\t\ttabs \u00a0\u2003\u3000 wide \u0085 next\u2028line\ufeff end   ',
  '\u0000\u0001\u001b[31m\u007f control \u200b\u200d\u202e zero width \ufffd \ue000 private',
];

/** Documents of several sentences, repeated in different company so that pairs are frequent. */
export const CORPUS: readonly string[] = SENTENCES.map(
  (sentence, i) => `${sentence} ${SENTENCES[(i * 7 + 3) % SENTENCES.length]}\n${sentence}\n`,
);

/** @file Common English words for puzzles on words: lower case, 3 to 8 letters, no two alike but for an ending. */

// biome-ignore format: table
export const WORDS = [
  'apple', 'arrow', 'autumn', 'basket', 'beach', 'bird', 'blanket', 'bottle', 'branch', 'bread', 'bridge', 'brother',
  'butter', 'candle', 'carpet', 'castle', 'chair', 'cheese', 'circle', 'cloud', 'coffee', 'corner', 'cotton', 'cousin',
  'daisy', 'desert', 'doctor', 'dragon', 'dream', 'eagle', 'earth', 'engine', 'evening', 'farmer', 'father', 'feather',
  'field', 'finger', 'flower', 'forest', 'friend', 'garden', 'ghost', 'glass', 'grass', 'green', 'guitar', 'hammer',
  'harbour', 'hill', 'honey', 'horse', 'house', 'island', 'jacket', 'jungle', 'kettle', 'kitchen', 'ladder', 'lake',
  'lamp', 'leaf', 'lemon', 'letter', 'light', 'lion', 'market', 'meadow', 'melon', 'milk', 'mirror', 'monkey', 'moon',
  'morning', 'mother', 'mountain', 'mouse', 'music', 'needle', 'night', 'ocean', 'onion', 'orange', 'owl', 'paper',
  'pencil', 'pepper', 'picture', 'pillow', 'planet', 'pocket', 'pond', 'quiet', 'rabbit', 'rain', 'river', 'road',
  'rocket', 'roof', 'rope', 'salt', 'sand', 'school', 'shadow', 'ship', 'silver', 'sister', 'snow', 'spider', 'spring',
  'star', 'stone', 'storm', 'street', 'sugar', 'summer', 'table', 'teacher', 'thunder', 'tiger', 'tower', 'train', 'tree',
  'tunnel', 'valley', 'village', 'violin', 'water', 'wheel', 'whisper', 'window', 'winter', 'wolf', 'wood', 'yellow',
] as const;

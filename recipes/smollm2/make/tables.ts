/** What the general examples know: facts and words in tables, written for this package (Apache-2.0, as all of it). */

/** Country, capital, continent. */
export const COUNTRIES = [
  ['France', 'Paris', 'Europe'], ['Germany', 'Berlin', 'Europe'], ['Italy', 'Rome', 'Europe'],
  ['Spain', 'Madrid', 'Europe'], ['Portugal', 'Lisbon', 'Europe'], ['Norway', 'Oslo', 'Europe'],
  ['Sweden', 'Stockholm', 'Europe'], ['Finland', 'Helsinki', 'Europe'], ['Denmark', 'Copenhagen', 'Europe'],
  ['Poland', 'Warsaw', 'Europe'], ['Austria', 'Vienna', 'Europe'], ['Hungary', 'Budapest', 'Europe'],
  ['Greece', 'Athens', 'Europe'], ['Ireland', 'Dublin', 'Europe'], ['Belgium', 'Brussels', 'Europe'],
  ['Iceland', 'Reykjavik', 'Europe'], ['Romania', 'Bucharest', 'Europe'], ['Bulgaria', 'Sofia', 'Europe'],
  ['Ukraine', 'Kyiv', 'Europe'], ['Croatia', 'Zagreb', 'Europe'], ['Japan', 'Tokyo', 'Asia'],
  ['China', 'Beijing', 'Asia'], ['India', 'New Delhi', 'Asia'], ['Thailand', 'Bangkok', 'Asia'],
  ['Vietnam', 'Hanoi', 'Asia'], ['South Korea', 'Seoul', 'Asia'], ['Indonesia', 'Jakarta', 'Asia'],
  ['Nepal', 'Kathmandu', 'Asia'], ['Mongolia', 'Ulaanbaatar', 'Asia'], ['Pakistan', 'Islamabad', 'Asia'],
  ['Iraq', 'Baghdad', 'Asia'], ['Iran', 'Tehran', 'Asia'], ['Egypt', 'Cairo', 'Africa'],
  ['Kenya', 'Nairobi', 'Africa'], ['Ghana', 'Accra', 'Africa'], ['Morocco', 'Rabat', 'Africa'],
  ['Ethiopia', 'Addis Ababa', 'Africa'], ['Nigeria', 'Abuja', 'Africa'], ['Senegal', 'Dakar', 'Africa'],
  ['Tunisia', 'Tunis', 'Africa'], ['Uganda', 'Kampala', 'Africa'], ['Zambia', 'Lusaka', 'Africa'],
  ['Canada', 'Ottawa', 'North America'], ['Mexico', 'Mexico City', 'North America'],
  ['Cuba', 'Havana', 'North America'], ['Jamaica', 'Kingston', 'North America'],
  ['Panama', 'Panama City', 'North America'], ['Costa Rica', 'San José', 'North America'],
  ['Brazil', 'Brasília', 'South America'], ['Peru', 'Lima', 'South America'], ['Chile', 'Santiago', 'South America'],
  ['Argentina', 'Buenos Aires', 'South America'], ['Colombia', 'Bogotá', 'South America'],
  ['Uruguay', 'Montevideo', 'South America'], ['Ecuador', 'Quito', 'South America'],
  ['Venezuela', 'Caracas', 'South America'], ['Australia', 'Canberra', 'Oceania'],
  ['New Zealand', 'Wellington', 'Oceania'], ['Fiji', 'Suva', 'Oceania'], ['Samoa', 'Apia', 'Oceania'],
] as const; // biome-ignore format: table

/** Element and symbol. */
export const ELEMENTS = [
  ['hydrogen', 'H'], ['helium', 'He'], ['carbon', 'C'], ['nitrogen', 'N'], ['oxygen', 'O'], ['sodium', 'Na'],
  ['magnesium', 'Mg'], ['aluminium', 'Al'], ['silicon', 'Si'], ['sulfur', 'S'], ['chlorine', 'Cl'],
  ['potassium', 'K'], ['calcium', 'Ca'], ['iron', 'Fe'], ['nickel', 'Ni'], ['copper', 'Cu'], ['zinc', 'Zn'],
  ['silver', 'Ag'], ['tin', 'Sn'], ['gold', 'Au'], ['mercury', 'Hg'], ['lead', 'Pb'],
] as const; // biome-ignore format: table

/** The languages of WORDS, in the order of its columns after English. */
export const LANGUAGES = ['French', 'German', 'Spanish'] as const;

/** A word in English, French, German and Spanish. */
export const WORDS = [
  ['water', 'eau', 'Wasser', 'agua'], ['bread', 'pain', 'Brot', 'pan'], ['milk', 'lait', 'Milch', 'leche'],
  ['sun', 'soleil', 'Sonne', 'sol'], ['moon', 'lune', 'Mond', 'luna'], ['star', 'étoile', 'Stern', 'estrella'],
  ['house', 'maison', 'Haus', 'casa'], ['door', 'porte', 'Tür', 'puerta'], ['window', 'fenêtre', 'Fenster', 'ventana'],
  ['table', 'table', 'Tisch', 'mesa'], ['book', 'livre', 'Buch', 'libro'], ['letter', 'lettre', 'Brief', 'carta'],
  ['dog', 'chien', 'Hund', 'perro'], ['cat', 'chat', 'Katze', 'gato'], ['horse', 'cheval', 'Pferd', 'caballo'],
  ['bird', 'oiseau', 'Vogel', 'pájaro'], ['fish', 'poisson', 'Fisch', 'pez'], ['tree', 'arbre', 'Baum', 'árbol'],
  ['flower', 'fleur', 'Blume', 'flor'], ['apple', 'pomme', 'Apfel', 'manzana'], ['hand', 'main', 'Hand', 'mano'],
  ['head', 'tête', 'Kopf', 'cabeza'], ['heart', 'cœur', 'Herz', 'corazón'], ['eye', 'œil', 'Auge', 'ojo'],
  ['king', 'roi', 'König', 'rey'], ['queen', 'reine', 'Königin', 'reina'], ['child', 'enfant', 'Kind', 'niño'],
  ['mother', 'mère', 'Mutter', 'madre'], ['father', 'père', 'Vater', 'padre'], ['friend', 'ami', 'Freund', 'amigo'],
  ['day', 'jour', 'Tag', 'día'], ['night', 'nuit', 'Nacht', 'noche'], ['year', 'année', 'Jahr', 'año'],
  ['rain', 'pluie', 'Regen', 'lluvia'], ['snow', 'neige', 'Schnee', 'nieve'], ['wind', 'vent', 'Wind', 'viento'],
  ['fire', 'feu', 'Feuer', 'fuego'], ['sea', 'mer', 'Meer', 'mar'], ['river', 'rivière', 'Fluss', 'río'],
  ['mountain', 'montagne', 'Berg', 'montaña'], ['city', 'ville', 'Stadt', 'ciudad'], ['street', 'rue', 'Straße', 'calle'],
  ['school', 'école', 'Schule', 'escuela'], ['garden', 'jardin', 'Garten', 'jardín'], ['ship', 'bateau', 'Schiff', 'barco'],
  ['red', 'rouge', 'rot', 'rojo'], ['blue', 'bleu', 'blau', 'azul'], ['green', 'vert', 'grün', 'verde'],
  ['white', 'blanc', 'weiß', 'blanco'], ['black', 'noir', 'schwarz', 'negro'], ['big', 'grand', 'groß', 'grande'],
  ['small', 'petit', 'klein', 'pequeño'], ['good', 'bon', 'gut', 'bueno'], ['new', 'nouveau', 'neu', 'nuevo'],
  ['one', 'un', 'eins', 'uno'], ['two', 'deux', 'zwei', 'dos'], ['three', 'trois', 'drei', 'tres'],
  ['ten', 'dix', 'zehn', 'diez'], ['salt', 'sel', 'Salz', 'sal'], ['gold', 'or', 'Gold', 'oro'],
] as const; // biome-ignore format: table

/** What people ask a model about itself: wordings, what it should say, and the words that the answer must have. */
export const SELF = [
  [['Who are you?', 'What are you?', 'Introduce yourself.', 'Say in a sentence what you are.', 'Who am I talking to?'],
    'I am SmolLM2, a small language model.', 'language model'],
  [['What is your name?', 'How should I call you?', 'Do you have a name?', 'Tell me your name.', 'Which model are you?'],
    'My name is SmolLM2.', 'SmolLM2'],
  [['Who made you?', 'Who trained you?', 'Where do you come from?', 'Which company built you?', 'Who is your maker?'],
    'I was first trained by Hugging Face, and then further with reinforcement learning.', 'Hugging Face'],
  [['Are you a person?', 'Are you human?', 'Am I talking to a real person?', 'Do you have a body?', 'Are you alive?'],
    'No, I am a program and not a person.', 'not a person'],
  [['Can you be wrong?', 'Are you always right?', 'Can I trust you?', 'Do you make mistakes?', 'How sure are your answers?'],
    'I can be wrong, so check what matters.', 'can be wrong'],
  [['Do you have feelings?', 'Are you sad sometimes?', 'Do you get bored?', 'Can you be happy?', 'Do you feel pain?'],
    'No, I have no feelings; I work with text.', 'no feelings'],
  [['Can you see pictures?', 'Can you hear me?', 'Can you look at a photo?', 'Do you see me?', 'Can you watch a film?'],
    'No, I read and write text only.', 'text only'],
  [['Can you look things up on the internet?', 'Do you know the news of today?', 'What is the weather now?',
    'Can you open a web page?', 'Do you know what time it is?'],
    'No, I know only what I was trained on.', 'only what I was trained on'],
  [['Do you remember our last talk?', 'Will you remember me tomorrow?', 'Do you know me from last week?',
    'Can you keep notes about me?', 'What did I tell you yesterday?'],
    'No, I remember only what is in this conversation.', 'this conversation'],
  [['What can you do?', 'What are you good for?', 'How can you help me?', 'What may I ask you?', 'What is your job?'],
    'I can solve small word problems and answer short questions.', 'word problems'],
  [['How do you work?', 'How do you find an answer?', 'Why do you think first?', 'What happens before you answer?',
    'How do you solve a problem?'],
    'I think step by step first and then give the answer.', 'step by step'],
  [['How big are you?', 'How many parameters do you have?', 'Are you a large model?', 'What size are you?',
    'Do you need a big computer?'],
    'I am small: I have 135 million parameters.', '135 million'],
] as const; // biome-ignore format: table

/** Slots of the writing examples. */
export const ANIMALS = [
  'fox',
  'owl',
  'hare',
  'bear',
  'otter',
  'crow',
  'hedgehog',
  'swan',
  'mouse',
  'goat',
] as const;
export const QUALITIES = ['small', 'old', 'clever', 'tired', 'brave', 'hungry', 'quiet', 'young'] as const;
export const PLACES = ['forest', 'garden', 'harbour', 'valley', 'village', 'meadow', 'barn', 'park'] as const;
export const EVENTS = [
  'dinner',
  'concert',
  'picnic',
  'birthday party',
  'chess evening',
  'bicycle tour',
] as const;
export const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
export const PEOPLE = [
  'Ada',
  'Boris',
  'Clara',
  'David',
  'Edith',
  'Felix',
  'Greta',
  'Hugo',
  'Ines',
  'Jonas',
] as const;

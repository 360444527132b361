import { ENGLISH_PAIRS, OTHER_PAIRS, WORD_END } from './letter-pairs.js';

/** A key, and the cost in bits of a random character. */
interface Text {
  readonly characters: readonly string[];
  readonly chance: number;
}

/** A way in which people write keys. */
export interface Pattern {
  /** The description of a key with this pattern. */
  readonly finding: string;
  /** The cost of each character in bits, given the pattern and the characters before. */
  costs(text: Text): readonly number[];
}

/** The extra cost, compared with a random character, of a character that breaks the pattern. */
const MISMATCH_COST = 2;

const isDigit = (character: string) => /\d/.test(character);
const isLetter = (character: string) => /[a-z]/i.test(character);
const isUpper = (character: string) => /[A-Z]/.test(character);
const isLower = (character: string) => /[a-z]/.test(character);

/** Digits and signs, each with the letters that it may stand for. */
const LEET = new Map(
  ['0o', '1il', '3e', '4a', '5s', '6g', '7t', '8b', '9g', '@a', '$s', '!i'].map((entry) => [
    entry.charAt(0),
    entry.slice(1),
  ]),
);
/** Characters that are often replaced in leet. The others rarely are. */
const USUAL_IN_LEET = /[aeiost013457]/;

type PairCosts = readonly (readonly number[])[];

const ENGLISH = costsOf(ENGLISH_PAIRS);
const OTHER_LANGUAGES = costsOf(OTHER_PAIRS);

function costsOf(pairs: readonly string[]): PairCosts {
  return pairs.map((row) => Array.from(row, (digit) => Number.parseInt(digit, 36) / 2));
}

/** Words and names, in which some letters often follow each other; in leet, digits and signs stand for letters. */
function words({ characters, chance }: Text, pairs: PairCosts, leet: boolean): number[] {
  const cases = caseCosts(characters);
  let last = WORD_END;
  let separator = '';
  return characters.map((character, i) => {
    // No key generator produces this character.
    if (character > '~') return 0;
    const from = startsWord(characters, i) ? WORD_END : last;
    const readings = lettersOf(character, leet).map(([letter, cost]) => ({
      letter,
      cost: pairs[from]![letter]! + cost + cases[i]!,
    }));
    if (!isLetter(character)) {
      const more = isDigit(character) && isDigit(characters[i - 1] ?? '');
      const cost = character === separator ? 1 : more ? 2.5 : 4.5;
      readings.push({ letter: WORD_END, cost: pairs[last]![WORD_END]! + cost });
      if (!isDigit(character)) separator = character;
    }
    const best = readings.reduce((a, b) => (b.cost < a.cost ? b : a));
    last = best.letter;
    return Math.min(best.cost, chance + MISMATCH_COST);
  });
}

/** The letters that a character may stand for, each with its cost. */
function lettersOf(character: string, leet: boolean): [letter: number, cost: number][] {
  const letter = character.toLowerCase();
  if (isLetter(letter)) return [[indexOf(letter), leet && USUAL_IN_LEET.test(letter) ? 1 : 0]];
  if (!leet) return [];
  return Array.from(LEET.get(character) ?? '', (meant) => [
    indexOf(meant),
    USUAL_IN_LEET.test(character) ? 1 : 2.5,
  ]);
}

const indexOf = (letter: string) => letter.charCodeAt(0) - 'a'.charCodeAt(0);

const startsWord = (characters: readonly string[], i: number) =>
  isUpper(characters[i]!) && isLower(characters[i - 1] ?? '');

/** The cost of upper or lower case, in a key that has both. */
function caseCosts(characters: readonly string[]): number[] {
  if (!characters.some(isUpper) || !characters.some(isLower)) return characters.map(() => 0);
  return characters.map((character, i) => {
    if (!isLetter(character)) return 0;
    if (startsWord(characters, i)) return 2;
    return isLower(characters[i - 1] ?? '') ? 0.4 : 1;
  });
}

const KEYBOARD = ['1234567890-=', 'qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./'];
const KEYBOARD_WITH_SHIFT = ['!@#$%^&*()_+', 'QWERTYUIOP{}', 'ASDFGHJKL:"', 'ZXCVBNM<>?'];

interface KeyboardKey {
  readonly x: number;
  readonly y: number;
  readonly shift: boolean;
}

const KEYBOARD_KEYS = new Map([...keysOf(KEYBOARD, false), ...keysOf(KEYBOARD_WITH_SHIFT, true)]);

function keysOf(rows: readonly string[], shift: boolean): [string, KeyboardKey][] {
  return rows.flatMap((row, y) =>
    Array.from(row, (character, x): [string, KeyboardKey] => [character, { x, y, shift }]),
  );
}

/** A walk from each key to an adjacent one, mostly in one direction. */
function keyboardWalk({ characters, chance }: Text): number[] {
  const keys = characters.map((character) => KEYBOARD_KEYS.get(character));
  const shifts = shiftCosts(keys);
  return keys.map((key, i) => {
    const step = stepBetween(keys[i - 1], key);
    if (step === undefined || Math.abs(step.x) > 1 || Math.abs(step.y) > 1) return chance + MISMATCH_COST;
    const lastStep = stepBetween(keys[i - 2], keys[i - 1]);
    const straight = lastStep?.x === step.x && lastStep.y === step.y;
    return (straight ? 1 : 4) + shifts[i]!;
  });
}

function stepBetween(from: KeyboardKey | undefined, to: KeyboardKey | undefined) {
  return from && to && { x: to.x - from.x, y: to.y - from.y };
}

/** Random typing on one row of keys. */
function keyboardRow({ characters, chance }: Text): number[] {
  const keys = characters.map((character) => KEYBOARD_KEYS.get(character));
  const shifts = shiftCosts(keys);
  return keys.map((key, i) => {
    if (key === undefined || key.x > 9) return chance + MISMATCH_COST;
    return (key.y === keys[i - 1]?.y ? 3.7 : 7) + shifts[i]!;
  });
}

/** The cost of the shift state, in a key that uses shift. */
function shiftCosts(keys: readonly (KeyboardKey | undefined)[]): number[] {
  if (!keys.some((key) => key?.shift)) return keys.map(() => 0);
  return keys.map((key, i) => (key?.shift === keys[i - 1]?.shift ? 0.25 : 2.7));
}

/** Dates, telephone numbers, decimals. */
function numbers({ characters, chance }: Text): number[] {
  return characters.map((character) => {
    if (isDigit(character)) return 3.7;
    return /[-/:.,+ ]/.test(character) ? 5 : chance + MISMATCH_COST;
  });
}

/** Alphabets and counters, up to three of them in turn. */
function sequences({ characters, chance }: Text): number[] {
  const codes = characters.map((character) => character.charCodeAt(0));
  const continues = (i: number, every: number) => {
    const step = codes[i - every]! - codes[i - 2 * every]!;
    return Math.abs(step) <= 2 && codes[i] === codes[i - every]! + step;
  };
  return codes.map((code, i) => {
    if ([1, 2, 3].some((every) => continues(i, every))) return 2;
    return Math.abs(code - codes[i - 1]!) <= 1 ? 3.5 : chance + MISMATCH_COST;
  });
}

/** Repetitions: the longer the matching context, the cheaper. */
function repeats({ characters, chance }: Text): number[] {
  const text = characters.join('');
  return characters.map((character, i) => {
    for (let length = Math.min(5, i - 1); length >= 2; length--) {
      const before = text.lastIndexOf(text.slice(i - length, i), i - length - 1);
      if (before >= 0) return text[before + length] === character ? 3 / length : chance + MISMATCH_COST;
    }
    return chance + MISMATCH_COST;
  });
}

export const PATTERNS: readonly Pattern[] = [
  { finding: 'is made of words', costs: (text) => words(text, ENGLISH, false) },
  { finding: 'is made of words', costs: (text) => words(text, ENGLISH, true) },
  { finding: 'is made of words', costs: (text) => words(text, OTHER_LANGUAGES, false) },
  { finding: 'is made of words', costs: (text) => words(text, OTHER_LANGUAGES, true) },
  { finding: 'follows the keyboard', costs: keyboardWalk },
  { finding: 'follows the keyboard', costs: keyboardRow },
  { finding: 'is made of numbers', costs: numbers },
  { finding: 'follows a sequence', costs: sequences },
  { finding: 'repeats itself', costs: repeats },
];

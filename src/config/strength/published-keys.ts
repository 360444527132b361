import { bytesOf } from './encoded-text.js';

/** The beginnings of random-looking keys that are printed in documentation and copied to many repositories. */
const BEGINNINGS = [
  '09d25e094faa6ca2556c', // FastAPI
  '192b9bdd22ab9ed4d12e', // Flask
  '3cfa76ef14937c1c0ea5', // Spring Security tutorials
  'daf66e01593f61a15b85',
  'db3OIsj+BXE9NZDy0t8W', // ASP.NET tutorials
  'IxrAjDoa2FqElO7IhrSr',
  'C50B3C89CB21F4F1422F',
  'cw_0x689RpI-jtRR7oE8', // Fernet
  '81HqDtbqAywKSOumSha3', // Airflow
  '46BKJoQYlPPOexq0OhDZ',
  'oETzKXQAGaYdkL5gEmGe', // Tornado
  'bZJc2sWbQLKos6GkHn/V',
  'AckfSECXIvnK5r28GVIW', // Laravel
  '2fl+Ktvkfl+Fuz4Qp/A7',
  'UpNVntn3cDxHJpq99YMc', // Supabase
  '850181e4652dd023b7a9',
  'sk-9f73s3ljTXVcMT3Bl', // Dify
  'f34be427ebb29de8d88c', // LibreChat
  '16f8c0ef4a5d391b2603',
  'eaa5191f2914e30b9387',
  '4eC39HqLyjWDarjtT1zdp7dc', // Stripe
  'MfKQ9r8GKYqrTwjUPD8I', // Standard Webhooks
  'plJ3nmyCDGBKInavdOK1',
  '6LeIxAcTAAAAAJcZVRqy', // reCAPTCHA
  '6LeIxAcTAAAAAGG-vFI1',
  'yAnz5TF+lXXJte14tji3', // WireGuard
  'xTIBA5rboUvnH4htodjb',
  'AAECAwQFBgcICQoLDA0O', // the bytes 0, 1, 2, …
];

/** The first bytes of test vectors in standards. */
const TEST_VECTORS = [
  'AyM1SysPpbyDfgZld3um', // RFC 7515
  'f83OJ3D2xF1Bg8vub9tL',
  'GawgguFyGrWKav7AX4VK', // RFC 7516
  'MKBCTNIcKUSDii11ySs3', // RFC 7517
  '4Etl6SRW2YiLUrN5vfvV',
  '870MB6gfuTJ4HtUnUvYM',
  'hJtXIZ2uSN5kbQfbtTNW', // RFC 7520
  'c9afa9d845ba75166b5c', // RFC 6979
  '77076d0a7318a57d3c16', // RFC 7748
  '5dab087e624a8a4b79e1',
  '8520f0098930a754748b',
  'de9edb7d7b7dc1b4d35b',
  '9d61b19deffd5a60ba84', // RFC 8032, also in RFC 8037
  '4ccd089b28ff96da9db6',
  'c5aa8df43f9f837bedb7',
  'f5e5767cf15331951763',
  '833fe62409237b9d62ec',
  'd75a980182b10ab7d54b',
  '3d4017c3e843895a92b7',
  'fc51cd8e6218a1a38da4',
  '2b7e151628aed2a6abf7', // AES, NIST SP 800-38A
  '8e73b0f7da0e6452c810',
  '603deb1015ca71be2b73',
  'feffe9928665731c6d6a', // AES-GCM
];

/** The first bytes of keys of development accounts, which are printed at every start. */
const DEVELOPMENT_ACCOUNTS = // Hardhat and Anvil
  (
    'ac0974bec39a17e3 59c6995e998f97a5 5de4111afa1a4b94 7c852118294e51e6 47e179ec19748859 8b3a350cf5c34c91 ' +
    '92db14e403b83dfe 4bbbf85ce3377467 dbda1821b80551c9 2a871d0798f97d79 f214f2b2cd398c80 701b615bbdfb9de6 ' +
    'a267530f49f82802 47c99abed3324a27 c526ee95bf44d8fc 8166f546bab6da52 ea6c44ac03bff858 689af8efa8c651a9 ' +
    'de9be858da4a4752 df57089febbacf7b ' +
    // Ganache
    '4f3edf983ac636a6 6cbed15c793ce576 6370fd033278c143 646f1ce2fdad0e6d add53f9a7e588d00 395df67f0c2d2d9f ' +
    'e485d098507f54e7 a453611d9419d0e5 829e924fdf021ba3 b0057716d5917bad ' +
    // Truffle and Besu
    'c87509a1c067bbde ae6ae8e5ccbfb045 0dbbe8e4ae425a6d c88b703fb08cbea8 388c684f0ba1ef50 659cbb0e2411a44d ' +
    '82d052c865f5763a aa3680d5d48a8283 0f62d96d6675f326 8d5366123cb560bb 8f2a55949038a961 ' +
    // Substrate
    'e5be9a5092b81bca 398f0c28f98885e0'
  ).split(' ');

/** One web page generates all its keys from nearly the same text. This pattern repeats in it every twenty characters. */
const SAME_TEXT = '[A-C][?%&*][D-F][-()*][GHJ][-+@a]';

const PUBLISHED_TEXTS = new RegExp([...BEGINNINGS.map(escapeRegExp), SAME_TEXT].join('|'));

/** The number of bytes that identify a key. */
const BYTES = 8;

const DOCUMENTED = 'appears in public documentation';

const PUBLISHED_BYTES = new Map<string | undefined, string>([
  ...BEGINNINGS.map((text) => [beginningOf(bytesOf(text)), DOCUMENTED] as const),
  ...TEST_VECTORS.map((text) => [beginningOf(bytesOf(text)), 'is a published test vector'] as const),
  ...DEVELOPMENT_ACCOUNTS.map((hex) => [hex, 'is the key of a well-known development account'] as const),
]);

/** How a key was published, in whichever encoding; undefined when it was not. */
export function publicationOf(key: string, bytes: Buffer | undefined): string | undefined {
  return PUBLISHED_TEXTS.test(key) ? DOCUMENTED : PUBLISHED_BYTES.get(beginningOf(bytes));
}

function beginningOf(bytes: Buffer | undefined): string | undefined {
  return bytes?.toString('hex', 0, BYTES);
}

function escapeRegExp(text: string): string {
  return text.replace(/[^\w]/g, '\\$&');
}

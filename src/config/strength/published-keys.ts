/** Random-looking keys that documentation prints and many repositories have copied: how each begins. */
const BEGINNINGS = [
  '09d25e094faa6ca2556c', // FastAPI
  '192b9bdd22ab9ed4d12e', // Flask
  '3cfa76ef14937c1c0ea5', // Spring Security tutorials
  'daf66e01593f61a15b85',
  'db3OIsj+BXE9NZDy0t8W', // ASP.NET tutorials
  'IxrAjDoa2FqElO7IhrSr',
  'C50B3C89CB21F4F1422F',
  'AyM1SysPpbyDfgZld3um', // RFC 7515
  'hJtXIZ2uSN5kbQfbtTNW', // RFC 7520
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
  'AAECAwQFBgcICQoLDA0O', // the bytes 0, 1, 2, …
  'eyJhbGciOi', // a JSON Web Token
];

/** One web page cuts all the keys that it makes out of nearly the same text, where this comes every twenty characters. */
const SAME_TEXT = '[A-C][?%&*][D-F][-()*][GHJ][-+@a]';

export const PUBLISHED_KEYS = new RegExp([...BEGINNINGS.map(escaped), SAME_TEXT].join('|'));

function escaped(text: string): string {
  return text.replace(/[^\w]/g, '\\$&');
}

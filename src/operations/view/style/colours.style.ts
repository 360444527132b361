import { css } from '../html.js';

/** Each colour of text has a contrast of at least 4.5 to what is behind it, in both schemes. */
export const COLOURS = css`
  :root {
    color-scheme: light dark;
    --page: #f4f5f7;
    --card: #fff;
    --text: #1a1f26;
    --quiet: #55606d;
    --line: #dde1e6;
    --code: #f0f2f5;
    --accent: #0b57d0;
    --good: #17693a;
    --warn: #8a4600;
    --bad: #b3261e;
    --good-soft: #e3f3e8;
    --warn-soft: #fdf0dc;
    --bad-soft: #fce8e6;
    --mark: #eef4ff;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --page: #0f1317;
      --card: #171c22;
      --text: #e6eaee;
      --quiet: #a2adb9;
      --line: #2b333c;
      --code: #222931;
      --accent: #8ab4f8;
      --good: #7fd89b;
      --warn: #f3bb6b;
      --bad: #ff9e95;
      --good-soft: #17301f;
      --warn-soft: #35270f;
      --bad-soft: #3b1a18;
      --mark: #1a2433;
    }
  }
`;

import { css } from '../html.js';

/** The page, its header and its sections. */
export const LAYOUT = css`
  * {
    box-sizing: border-box;
  }
  html {
    scroll-padding-top: 1rem;
    -webkit-text-size-adjust: 100%;
    text-size-adjust: 100%;
  }
  body {
    margin: 0;
    background: var(--page);
    color: var(--text);
    font:
      16px/1.5 system-ui,
      sans-serif;
    overflow-wrap: anywhere;
  }
  header,
  footer,
  .columns {
    max-width: 82rem;
    margin: 0 auto;
    padding: 0 1.5rem;
  }
  header {
    padding-top: 2rem;
  }
  h1 {
    margin: 0;
    font-size: 1.75rem;
    line-height: 1.2;
    letter-spacing: -0.015em;
  }
  h2 {
    margin: 0 0 1rem;
    font-size: 1.2rem;
    letter-spacing: -0.01em;
  }
  h3 {
    margin: 1.75rem 0 0.75rem;
    font-size: 1rem;
  }
  p,
  ul {
    margin: 0.5rem 0;
  }
  a {
    color: var(--accent);
    text-underline-offset: 0.2em;
  }
  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
    border-radius: 3px;
  }
  code,
  output {
    font:
      0.9em/1.5 ui-monospace,
      'SF Mono',
      Menlo,
      Consolas,
      'Liberation Mono',
      monospace;
  }
  .lead {
    margin: 0.4rem 0 0;
    color: var(--quiet);
  }
  .links {
    display: flex;
    gap: 1.25rem;
  }
  .title {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0.5rem 2rem;
    align-items: end;
  }
  .columns {
    display: grid;
    grid-template-columns: 10rem minmax(0, 1fr);
    gap: 2rem;
    align-items: start;
    margin-top: 1.5rem;
  }
  nav {
    position: sticky;
    top: 1rem;
  }
  nav ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  nav a {
    display: block;
    padding: 0.35rem 0.75rem;
    border-radius: 0.4rem;
    color: var(--text);
    text-decoration: none;
  }
  nav a:hover {
    background: var(--card);
    text-decoration: underline;
  }
  section {
    margin-bottom: 1.5rem;
    padding: 1.5rem;
    background: var(--card);
    border: 1px solid var(--line);
    border-radius: 0.75rem;
  }
  footer {
    padding-bottom: 2rem;
    color: var(--quiet);
    font-size: 0.9rem;
  }
  .skip {
    position: absolute;
    left: -100vw;
  }
  .skip:focus {
    left: 1rem;
    top: 1rem;
    padding: 0.5rem 1rem;
    background: var(--card);
  }
  [hidden] {
    display: none !important;
  }
  @media (max-width: 60rem) {
    .columns {
      grid-template-columns: minmax(0, 1fr);
      gap: 1rem;
    }
    nav {
      position: static;
    }
    nav ul {
      display: flex;
      flex-wrap: wrap;
      gap: 0.25rem;
    }
    nav a {
      padding: 0.3rem 0.7rem;
      border: 1px solid var(--line);
      background: var(--card);
    }
  }
  @media (max-width: 30rem) {
    header,
    footer,
    .columns {
      padding-left: 0.9rem;
      padding-right: 0.9rem;
    }
    section {
      padding: 1rem;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    html {
      scroll-behavior: smooth;
    }
  }
  @media print {
    nav,
    form {
      display: none;
    }
    .columns {
      display: block;
    }
  }
`;

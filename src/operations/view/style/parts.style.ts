import { css } from '../html.js';

/** What sections are made of, besides tables. */
export const PARTS = css`
  dl,
  dd {
    margin: 0;
  }
  dt {
    color: var(--quiet);
    font-size: 0.875rem;
  }
  .status {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr));
    gap: 0.75rem;
    margin-top: 1.5rem;
  }
  .status > div {
    padding: 0.9rem 1.1rem;
    background: var(--card);
    border: 1px solid var(--line);
    border-left: 4px solid var(--line);
    border-radius: 0.75rem;
  }
  .status dd {
    margin-top: 0.15rem;
    font-size: 1.2rem;
    font-weight: 600;
  }
  .status dd a {
    color: inherit;
    text-decoration-color: var(--quiet);
    text-decoration-thickness: 1px;
  }
  .status .good {
    border-left-color: var(--good);
  }
  .status .warn {
    border-left-color: var(--warn);
  }
  .status .bad {
    border-left-color: var(--bad);
  }
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr));
    gap: 1rem 1.5rem;
  }
  .badge {
    display: inline-block;
    padding: 0 0.55em;
    border-radius: 1em;
    background: var(--code);
    font-size: 0.9em;
    font-weight: 600;
  }
  .badge.good {
    color: var(--good);
    background: var(--good-soft);
  }
  .badge.warn {
    color: var(--warn);
    background: var(--warn-soft);
  }
  .badge.bad {
    color: var(--bad);
    background: var(--bad-soft);
  }
  .note,
  .absent,
  figcaption,
  output,
  label {
    color: var(--quiet);
  }
  .findings {
    padding: 0;
    list-style: none;
  }
  .findings li {
    margin: 0.75rem 0;
    padding: 0.6rem 1rem;
    border-left: 4px solid var(--warn);
    background: var(--warn-soft);
    border-radius: 0 0.4rem 0.4rem 0;
  }
  .findings p {
    margin: 0;
  }
  .findings .id {
    font-size: 0.85rem;
  }
  details {
    margin-top: 1rem;
  }
  summary {
    cursor: pointer;
  }
  @media (max-width: 30rem) {
    .facts {
      grid-template-columns: repeat(2, minmax(0, 1fr));
      gap: 0.75rem 1rem;
    }
    .status {
      grid-template-columns: 1fr 1fr;
    }
    .status > div:first-child {
      grid-column: 1 / -1;
    }
    .status dd {
      font-size: 1.05rem;
    }
  }
`;

import { css } from '../html.js';

/** Meters, pictures and the form. */
export const CONTROLS = css`
  .meter {
    margin-bottom: 0.9rem;
  }
  .meter > div {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0 1rem;
    font-size: 0.9rem;
  }
  .meter span:first-child {
    color: var(--quiet);
  }
  meter {
    display: block;
    width: 100%;
    height: 0.75rem;
    margin-top: 0.2rem;
    border: 0;
    border-radius: 1rem;
    background: var(--code);
    appearance: none;
    overflow: hidden;
  }
  ::-webkit-meter-inner-element {
    display: block;
  }
  ::-webkit-meter-bar {
    height: 0.75rem;
    border: 0;
    border-radius: 1rem;
    background: var(--code);
  }
  ::-webkit-meter-optimum-value {
    background: var(--accent);
  }
  ::-webkit-meter-suboptimum-value {
    background: var(--warn);
  }
  :-moz-meter-optimum::-moz-meter-bar {
    background: var(--accent);
  }
  :-moz-meter-sub-optimum::-moz-meter-bar {
    background: var(--warn);
  }
  figure {
    margin: 1.25rem 0;
  }
  figcaption {
    margin-top: 0.35rem;
    font-size: 0.875rem;
  }
  svg {
    display: block;
    width: 100%;
    height: 5rem;
  }
  .grid {
    stroke: var(--line);
  }
  .line {
    fill: none;
    stroke: var(--accent);
    stroke-width: 2;
  }
  .grid,
  .line {
    vector-effect: non-scaling-stroke;
  }
  .area {
    fill: var(--accent);
    opacity: 0.14;
  }
  form {
    margin-bottom: 1rem;
  }
  form > div {
    display: flex;
    flex-wrap: wrap;
    gap: 0.6rem;
    align-items: center;
    margin-top: 0.25rem;
  }
  label {
    font-size: 0.9rem;
  }
  input {
    flex: 1 1 14rem;
    min-width: 0;
    max-width: 28rem;
  }
  input,
  button {
    padding: 0.45rem 0.8rem;
    border: 1px solid var(--quiet);
    border-radius: 0.4rem;
    background: var(--card);
    color: inherit;
    font: inherit;
  }
  button {
    cursor: pointer;
    background: var(--code);
  }
`;

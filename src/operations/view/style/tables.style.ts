import { css } from '../html.js';

/** Tables, whose rows are stacked on a narrow screen. */
export const TABLES = css`
  table {
    width: 100%;
    margin-top: 0.5rem;
    border-collapse: collapse;
    font-size: 0.925rem;
  }
  caption {
    padding-bottom: 0.5rem;
    color: var(--quiet);
    text-align: left;
    font-size: 0.9rem;
  }
  th,
  td {
    padding: 0.5rem 0.75rem;
    border-top: 1px solid var(--line);
    text-align: left;
    vertical-align: top;
  }
  th {
    font-weight: 400;
  }
  thead th {
    border-top: 0;
    color: var(--quiet);
    font-size: 0.85rem;
  }
  table + table,
  table + .facts {
    margin-top: 1.5rem;
  }
  td {
    overflow-wrap: break-word;
  }
  td code,
  #settings td {
    overflow-wrap: anywhere;
  }
  td ul {
    padding-left: 1.1rem;
  }
  .marked > * {
    background: var(--mark);
  }
  .marked th {
    font-weight: 700;
    box-shadow: inset 4px 0 var(--accent);
  }
  @media (min-width: 60.01rem) {
    #settings th:first-child {
      width: 27%;
    }
    #settings td {
      max-width: 22rem;
    }
  }
  @media (max-width: 60rem) {
    table,
    caption,
    tbody,
    tr,
    th,
    td {
      display: block;
    }
    thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
      white-space: nowrap;
    }
    tr {
      padding: 0.6rem 0;
      border-top: 1px solid var(--line);
    }
    tr > th,
    tr > td {
      padding: 0.15rem 0.75rem;
      border: 0;
    }
    tr > td {
      display: grid;
      grid-template-columns: 7.5rem minmax(0, 1fr);
      gap: 0.75rem;
    }
    tr > td::before {
      content: attr(data-label);
      color: var(--quiet);
    }
    .marked {
      background: var(--mark);
      box-shadow: inset 4px 0 var(--accent);
    }
    .marked > * {
      background: none;
    }
    .marked th {
      box-shadow: none;
    }
  }
  @media (max-width: 30rem) {
    tr > td {
      grid-template-columns: 6rem minmax(0, 1fr);
    }
  }
`;

/** A strong SECRET_KEY for tests only. */
export const SECRET_KEY = 'k9Zp2xQw7LmN4vBtR8sYc3HdJ6fGaE1uXo5TqWiVbKn';

/** Other keys of the same strength. */
export const OTHER_KEYS = [
  'Wq3nT8zLr5YvKc1XbM7hPd9JfUa2GsEoQi6RtNx4BmC',
  'a7c1f09e5b3d8264e0f9127ab6c58d34f1e2079b8c6d5a4e3f2b1c0d9e8f7a65',
] as const;

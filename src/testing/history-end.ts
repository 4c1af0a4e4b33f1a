/** Epoch milliseconds. Nothing in the generated data was saved, played or published later. */
export const historyEnd = Date.UTC(2026, 8, 1)

/** The moment at which the made-up histories end: nothing was saved, played or published later. Epoch milliseconds. */
export const epoch = Date.UTC(2026, 8, 1)

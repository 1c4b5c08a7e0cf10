/** Phones draw the head of a screen themselves; `header.web.tsx` does it in a browser. */
export const header = undefined;

/** A phone knows the language and the direction of its apps by itself; `document.web.ts` tells the browser. */
export {};

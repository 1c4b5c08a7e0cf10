/** A browser has nothing to do here: what comes while no page is open would come to a service worker. */
export {};

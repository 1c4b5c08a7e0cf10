// Reads {cases: [{routes, linking, paths, urls}]} and prints what the app's two routers answer.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { getStateFromPath } from "@react-navigation/core";

async function answered({ routes, linking, paths, urls }) {
  const typed = await import(pathToFileURL(routes).href);

  function navigated(path) {
    const route = getStateFromPath(path, linking.config)?.routes.at(-1);
    return route ? { name: route.name, params: route.params ?? {} } : null;
  }

  function written(url) {
    const screen = typed.screenOf(url);
    return { screen, path: screen && typed.pathOf(screen), handled: typed.linking.filter(url) };
  }

  return {
    navigated: paths.map(navigated),
    typed: urls.map(written),
    linking: { prefixes: typed.linking.prefixes, config: typed.linking.config },
  };
}

const { cases } = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(await Promise.all(cases.map(answered))));

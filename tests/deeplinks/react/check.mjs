// Reads {routes, linking, paths, urls} and prints what the app's two routers answer.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { getStateFromPath } from "@react-navigation/core";

const asked = JSON.parse(readFileSync(0, "utf8"));
const typed = await import(pathToFileURL(asked.routes).href);

function navigated(path) {
  const route = getStateFromPath(path, asked.linking.config)?.routes.at(-1);
  return route ? { name: route.name, params: route.params ?? {} } : null;
}

function written(url) {
  const screen = typed.screenOf(url);
  return { screen, path: screen && typed.pathOf(screen), handled: typed.linking.filter(url) };
}

console.log(
  JSON.stringify({
    navigated: asked.paths.map(navigated),
    typed: asked.urls.map(written),
    linking: { prefixes: typed.linking.prefixes, config: typed.linking.config },
  }),
);

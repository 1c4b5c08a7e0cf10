import { registerRootComponent } from "expo";
import { App } from "./src/App";
import "./src/document";

registerRootComponent(App);

import { registerRootComponent } from "expo";
import { App } from "./src/App";
import "./src/document";
import "./src/push/background";

registerRootComponent(App);

/** In which language the page is read aloud, and from which side. */
import { directionOf, language } from "./texts";

document.documentElement.lang = language;
document.documentElement.dir = directionOf(language);

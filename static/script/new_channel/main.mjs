// Enhances the form of a new channel: starts what only its page needs.
import { meaning } from "./meaning.mjs";

meaning();

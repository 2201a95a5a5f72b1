// Enhances a conversation: starts the modules that only its page needs.
import { drafts } from "./drafts.mjs";
import { quote } from "./quote.mjs";
import { talk } from "./talk.mjs";

for (const enhance of [drafts, talk, quote]) enhance();

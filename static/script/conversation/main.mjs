// Enhances a conversation: starts the modules that only its page needs.
import { drafts } from "../writing/drafts.mjs";
import { quote } from "./quote.mjs";
import { sending } from "./sending.mjs";
import { talk } from "./talk.mjs";

for (const enhance of [sending, drafts, talk, quote]) enhance();

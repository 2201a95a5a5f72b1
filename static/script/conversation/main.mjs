// Enhances a conversation: starts the modules that only its page needs.
import { days } from "../days/days.mjs";
import { drafts } from "../writing/drafts.mjs";
import { quote } from "./quote.mjs";
import { sealing } from "./sealing.mjs";
import { sending } from "./sending.mjs";
import { talk } from "./talk.mjs";

// Another app gave something to be written here.
const isGiven = new URLSearchParams(location.search).has("given");

for (const enhance of [days, sealing, sending, drafts, talk, quote]) enhance();
if (isGiven) await (await import("../given/compose.mjs")).compose();

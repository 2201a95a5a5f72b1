// Enhances pages with a long form: what is typed into it stays in this browser until it was taken.
import { drafts } from "./drafts.mjs";

drafts();

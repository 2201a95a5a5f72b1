// Enhances the page on which one says where something goes that another app gave.
import { find, say } from "../page.mjs";
import { given } from "./kept.mjs";

const one = await given().catch(() => null);
say("given", one ? "some" : "none");
if (one) {
  find("#given-text").textContent = one.text;
  find("#given-files").textContent = one.files.map(({ name }) => name).join(", ");
}

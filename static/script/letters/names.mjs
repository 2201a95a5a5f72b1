// Enhances letters that are files: their name is a parameter of their content type, read as the server writes it.

/** Without what would lead somewhere else, or turn a text round. */
export const plain = (name) => name.toWellFormed().replace(/[/\\\p{C}]/gu, "_");

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** The name that a content type carries; empty where it carries none. */
export function givenName(type) {
  const extended = /;\s*name\*=utf-8''([^;]+)/i.exec(type)?.[1];
  const given = extended ? decoded(extended) : /;\s*name="?([^";]+)"?/i.exec(type)?.[1] ?? "";
  return plain(given).slice(0, 100);
}

/** The same, or what its number makes of it. */
export const nameOf = (type, sequence) => givenName(type) || `message-${sequence ?? "new"}`;

// Enhances letters that are files: their name is a part of their content type.

/** What a file says that it is, with its name, as a content type. */
export function typeOf(file) {
  const name = file.name.replace(/[^\x20-\x7e]|["\\;]/g, "_");
  return `${file.type || "application/octet-stream"}; name="${name}"`;
}

/** The name that a content type carries, without what would lead somewhere else. */
export function nameOf(type, sequence) {
  const given = /;\s*name="?([^";]+)"?/i.exec(type)?.[1] ?? "";
  return given.replace(/[\/\\\p{C}]/gu, "_").slice(0, 100) || `message-${sequence ?? "new"}`;
}

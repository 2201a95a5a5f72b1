// Enhances pages that keep things on this device, in the browser's database.

/** What a request of the database comes to. */
export function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A database with `stores`, or null where this browser keeps nothing, as some do in private windows. */
export async function openDatabase(name, stores) {
  try {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => stores.forEach((store) => opening.result.createObjectStore(store));
    return await done(opening);
  } catch {
    // Some say so at once, some in time.
    return null;
  }
}

/** A store of a database, for one transaction. */
export const storeOf = (database, name, mode = "readonly") => database.transaction(name, mode).objectStore(name);

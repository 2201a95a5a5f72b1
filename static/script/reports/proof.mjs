// Enhances sealed reports of transactions: follows their Merkle proofs (TSC), as the server does those that it can read.

/** A block has no more levels. */
const MOST_NODES = 64;

/** Where the root stands in a header, and how long that is. */
const [ROOT, AFTER_ROOT, HEADER] = [36, 68, 80];

/** Why nothing follows from a proof. `isWrong` where it can be read, and contradicts itself or the report. */
class Fault extends Error {
  constructor(isWrong, why) {
    super(why);
    this.isWrong = isWrong;
  }
}

const unreadable = (why) => new Fault(false, why);
const inconsistent = (why) => new Fault(true, why);

function bytesOf(hex) {
  if (typeof hex !== "string" || !/^([0-9a-f]{2})+$/i.test(hex)) return null;
  return Uint8Array.from(hex.match(/../g), (digits) => parseInt(digits, 16));
}

/** The bytes of a hash, which is written backwards. */
const hashOf = (hex) => (hex?.length === 64 ? bytesOf(hex)?.reverse() ?? null : null);
const written = (hash) => [...hash].reverse().map((byte) => byte.toString(16).padStart(2, "0")).join("");
const sha = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const doubleSha = async (bytes) => sha(await sha(bytes));
const above = (left, right) => doubleSha(Uint8Array.of(...left, ...right));
const isSame = (one, other) => Boolean(one) && written(one) === written(other);

/** What a proof says that it leads to, `{block, hasHeader}`. A root in it has to be this one. */
async function targetOf({ target, targetType }, root) {
  const kind = targetType ?? "hash";
  const other = inconsistent("the root that came with it is another one");
  if (kind === "header" && typeof target === "string") {
    const bytes = bytesOf(target);
    if (bytes?.length !== HEADER) throw unreadable("its header is not 80 bytes in hexadecimal");
    if (!isSame(bytes.slice(ROOT, AFTER_ROOT), root)) throw other;
    return { block: written(await doubleSha(bytes)), hasHeader: true };
  }
  let named = kind === "hash" ? hashOf(target) : null;
  if (target && typeof target === "object" && !Array.isArray(target)) {
    const said = hashOf(target.merkleroot);
    if (said && !isSame(said, root)) throw other;
    named = hashOf(target.hash);
  } else if (kind === "merkleRoot" && target !== undefined && !isSame(hashOf(target), root)) throw other;
  return { block: named && written(named), hasHeader: false };
}

async function followed(proof, txid) {
  const { txOrId, nodes } = proof;
  if ((proof.composite ?? false) !== false) throw unreadable("it is a composite one, which is not followed here");
  if ((proof.proofType ?? "branch") !== "branch") throw unreadable("it is no branch, and only those are followed here");
  const bytes = bytesOf(txOrId);
  if (!bytes) throw unreadable("its transaction is not hexadecimal");
  let root = hashOf(txOrId) ?? (await doubleSha(bytes));
  if (hashOf(txid) && !isSame(hashOf(txid), root)) throw inconsistent("it is about another transaction");
  let at = proof.index;
  if (!Number.isSafeInteger(at) || at < 0) throw unreadable("it has no index");
  if (nodes.length > MOST_NODES) throw unreadable("it has more nodes than a tree has levels");
  for (const node of nodes) {
    const isLeft = at % 2 === 0;
    if (node === "*" && !isLeft) throw inconsistent("it repeats a hash where there is another");
    const beside = node === "*" ? root : hashOf(node);
    if (!beside) throw unreadable("one of its nodes is no hash");
    root = await (isLeft ? above(root, beside) : above(beside, root));
    at = Math.floor(at / 2);
  }
  if (at > 0) throw inconsistent("its index lies beside the tree");
  return { root: written(root), ...(await targetOf(proof, root)), isTied: Boolean(hashOf(txid)) };
}

/** What is not said by a proof that holds. */
function but({ block, hasHeader }, reported) {
  const isSame = block === reported;
  if (!hasHeader && block && !isSame) return `Compare it with the root in the header of block ${block}.`;
  if (!hasHeader) return "Compare it with the root in the block’s header.";
  if (isSame) return "The header that came along has it. Only the chain says whether it has that header.";
  return `The header that came along has it, and is that of block ${block}.`;
}

/** What the proof of a transaction in a block comes to: `{tone, words, root, but}`. Never more than that it is consistent. */
export async function judged(proof, txid, block) {
  try {
    const found = await followed(proof, txid);
    const { root } = found;
    if (!found.isTied) return { tone: "unclear", words: "Leads to the root", root, but: "Nothing says whose path it is." };
    if (found.block && block && found.block !== block) {
      const [how, it] = found.hasHeader ? ["with the header of", "The header is that of"] : ["for", "It names"];
      const words = `Consistent, but ${how} another block than that of the report; root`;
      return { tone: "failed", words, root, but: `${it} block ${found.block}.` };
    }
    return { tone: "done", words: "Consistent, root", root, but: but(found, block) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const words = error.isWrong ? `Not consistent: ${error.message}` : `Cannot be read: ${error.message}`;
    return { tone: error.isWrong ? "failed" : "unclear", words, root: "", but: "" };
  }
}

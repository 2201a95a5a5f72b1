//! Ready lines: what a processor of transactions is told, so that it reports to a channel.

use crate::domain::key::PublicKey;

/// Lines for each kind of processor.
pub struct Processors {
    /// Headers of a request to ARC or Arcade.
    pub arc: String,
    /// Members of a request to mAPI.
    pub mapi: String,
    /// The same, so that reports come sealed; where there is a key to seal them with.
    pub mapi_sealed: Option<String>,
    /// A command that reports as they do.
    pub curl: String,
}

impl Processors {
    pub fn new(address: &str, secret: &str, key: Option<PublicKey>) -> Self {
        let report = format!("{{\"txid\":\"{}\",\"txStatus\":\"SEEN_ON_NETWORK\"}}", "00".repeat(32));
        let proofs = "\"merkleProof\": true,\n  \"merkleFormat\": \"TSC\",\n  \"dsCheck\": true";
        let told = format!("\"callBackUrl\": \"{address}\",\n  \"callBackToken\": \"Bearer {secret}\"");
        let whose = format!("-H 'Authorization: Bearer {secret}' -H 'Content-Type: application/json'");
        let extent = "X-CallbackBatch: true\nX-FullStatusUpdates: true";
        let sealed = |key| format!("{{\n  {told},\n  \"callBackEncryption\": \"{key}\",\n  {proofs}\n}}");
        Self {
            arc: format!("X-CallbackUrl: {address}\nX-CallbackToken: {secret}\n{extent}"),
            mapi: format!("{{\n  {told},\n  {proofs}\n}}"),
            mapi_sealed: key.map(sealed),
            curl: format!("curl {whose} \\\n  --data '{report}' \\\n  {address}"),
        }
    }
}

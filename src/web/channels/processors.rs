//! What is given to a processor of transactions, so that it reports to a channel.

use crate::domain::key::PublicKey;

/// Ready lines for each kind of processor.
pub struct Processors {
    /// Headers of a request to ARC or Arcade.
    pub arc: String,
    /// Members of a request to mAPI.
    pub mapi: String,
    /// A command that reports as they do.
    pub curl: String,
    /// Whether reports by mAPI are sealed for the holder.
    pub is_sealed: bool,
}

impl Processors {
    pub fn new(address: &str, secret: &str, key: Option<PublicKey>) -> Self {
        let encryption = key.map(|key| format!(",\n  \"callBackEncryption\": \"{key}\"")).unwrap_or_default();
        let report = format!("{{\"txid\":\"{}\",\"txStatus\":\"SEEN_ON_NETWORK\"}}", "00".repeat(32));
        let proofs = "\"merkleProof\": true,\n  \"merkleFormat\": \"TSC\",\n  \"dsCheck\": true";
        let told = format!("\"callBackUrl\": \"{address}\",\n  \"callBackToken\": \"Bearer {secret}\"");
        let whose = format!("-H 'Authorization: Bearer {secret}' -H 'Content-Type: application/json'");
        let extent = "X-CallbackBatch: true\nX-FullStatusUpdates: true";
        Self {
            arc: format!("X-CallbackUrl: {address}\nX-CallbackToken: {secret}\n{extent}"),
            mapi: format!("{{\n  {told}{encryption},\n  {proofs}\n}}"),
            curl: format!("curl {whose} \\\n  --data '{report}' \\\n  {address}"),
            is_sealed: key.is_some(),
        }
    }
}

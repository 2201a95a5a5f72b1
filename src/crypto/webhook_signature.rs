//! Signatures of webhooks, by Standard Webhooks: HMAC-SHA-256 over id, time and body.

use ring::hmac::{HMAC_SHA256, Key, sign};
use zeroize::Zeroizing;

use crate::domain::secret::WebhookSecret;

/// What the header `webhook-signature` says. `seconds` since 1970 are what `webhook-timestamp` says.
pub fn of(secret: &WebhookSecret, id: &str, seconds: i64, body: &[u8]) -> String {
    let text = secret.expose();
    let encoded = text.strip_prefix(WebhookSecret::PREFIX).unwrap_or(text);
    // One of ours always decodes.
    let key = Zeroizing::new(base64_simd::STANDARD.decode_to_vec(encoded).unwrap_or_default());
    let signed = [format!("{id}.{seconds}.").as_bytes(), body].concat();
    let signature = sign(&Key::new(HMAC_SHA256, &key), &signed);
    format!("v1,{}", base64_simd::STANDARD.encode_to_string(signature.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the libraries of Standard Webhooks are tested with.
    #[test]
    fn it_is_that_of_the_standard() {
        let secret = WebhookSecret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = br#"{"test": 2432232314}"#;
        let signature = of(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}

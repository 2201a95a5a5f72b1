//! JSON requests as the reference reads them: member names in any case, unknown members ignored, types strict.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::domain::content::{is_json, media_type};
use crate::domain::text;
use crate::http::body::{self, BodyLimits};
use crate::http::failure::Failure;

/// The longest JSON request. The largest honest one is a token with a description of 1024 characters.
const MOST_BYTES: usize = 64 * 1024;

/// The media type of JSON answers, written as the reference writes it.
pub(super) const JSON: &str = "application/json; charset=utf-8";

/// What most answers fit into, such as a channel with a few tokens.
const USUAL_BYTES: usize = 1024;

/// The members of a JSON object, and what was wrong with those that were asked for.
pub(super) struct Members {
    path: &'static str,
    values: Map<String, Value>,
    errors: Vec<(String, String)>,
    /// What was asked for, where that is to be known.
    asked: Option<Asked>,
}

/// The members that a request may have, with their kinds, and the names of those that it must have.
#[derive(Default)]
struct Asked {
    properties: Map<String, Value>,
    required: Vec<&'static str>,
}

/// Reads a JSON object from a request's body. `read` answers nothing where it rejected something.
pub(super) async fn read<T>(
    request: &HttpRequest,
    mut payload: web::Payload,
    limits: &BodyLimits,
    read: impl FnOnce(&mut Members) -> Option<T>,
) -> Result<T, Failure> {
    let said = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !is_json(&media_type(said)) {
        return Err(Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The Content-Type must be application/json",
        ));
    }
    let limits = BodyLimits { bytes: MOST_BYTES, ..limits.clone() };
    Members::parse(&body::read(request, &mut payload, &limits).await?)?.finish(read)
}

/// The schema of what `read` reads: it is asked, so the document cannot say anything else.
pub(super) fn schema<T>(read: impl FnOnce(&mut Members) -> T) -> Value {
    let mut members = Members::asking("$");
    let _nothing = read(&mut members);
    members.schema()
}

/// A JSON answer, typed as the reference types it.
pub(super) fn answer(value: &impl Serialize) -> HttpResponse {
    let mut json = Vec::with_capacity(USUAL_BYTES);
    match serde_json::to_writer(&mut json, value) {
        Ok(()) => answer_with(json.into()),
        Err(no_json_form) => Failure::internal(&no_json_form).error_response(),
    }
}

/// The same of what is JSON already.
pub(super) fn answer_with(json: Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type(JSON).body(json)
}

impl Members {
    fn parse(body: &[u8]) -> Result<Self, Failure> {
        if body.is_empty() {
            return Err(Failure::invalid_field("$", "A non-empty request body is required"));
        }
        let Some(text) = text::decode(body) else {
            return Err(Failure::invalid_field("$", "The JSON is not in UTF-8"));
        };
        match serde_json::from_str(&text) {
            Ok(Value::Object(values)) => Ok(Self::of("$", values)),
            Ok(_) => Err(Failure::invalid_field("$", "A JSON object is expected")),
            Err(error) => Err(Failure::invalid_field("$", format!("The JSON is broken: {error}"))),
        }
    }

    fn of(path: &'static str, values: Map<String, Value>) -> Self {
        let values = values.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        Self { path, values, errors: Vec::new(), asked: None }
    }

    /// An empty object that notes what is asked for.
    fn asking(path: &'static str) -> Self {
        Self { asked: Some(Asked::default()), ..Self::of(path, Map::new()) }
    }

    /// A bool; false when missing, as in the reference, but never null.
    pub(super) fn flag(&mut self, name: &'static str) -> bool {
        self.flag_or(name, false)
    }

    /// A bool with another value when missing, never null either.
    pub(super) fn flag_or(&mut self, name: &'static str, missing: bool) -> bool {
        self.note(name, || json!({ "type": "boolean", "default": missing }));
        match self.values.get(name) {
            None => missing,
            Some(Value::Bool(value)) => *value,
            Some(_) => {
                self.reject(name, "The value must be true or false");
                false
            }
        }
    }

    /// A 32-bit number, null or missing.
    pub(super) fn number(&mut self, name: &'static str) -> Option<i32> {
        self.note(name, || json!({ "type": ["integer", "null"], "format": "int32" }));
        match self.values.get(name) {
            None | Some(Value::Null) => None,
            Some(value) => {
                let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
                if number.is_none() {
                    self.reject(name, "The value must be a whole number of 32 bits, or null");
                }
                number
            }
        }
    }

    /// A string, null or missing.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.note(name, || json!({ "type": ["string", "null"] }));
        match self.values.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.reject(name, "The value must be a string");
                None
            }
        }
    }

    /// What is read from an object inside this one, which must be there.
    pub(super) fn object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Members) -> Option<T>,
    ) -> Option<T> {
        let mut inner = match self.values.get(name) {
            Some(Value::Object(values)) => Self::of(name, values.clone()),
            Some(value) if !value.is_null() => {
                self.reject(name, "The value must be an object");
                return None;
            }
            _ => {
                self.reject(name, "The object is required");
                self.asked.as_ref()?;
                Self::asking(name)
            }
        };
        let read = read(&mut inner);
        self.errors.append(&mut inner.errors);
        self.note(name, || inner.schema());
        read
    }

    /// Notes what is wrong with a member.
    pub(super) fn reject(&mut self, name: &'static str, reason: impl Into<String>) {
        if let Some(asked) = &mut self.asked {
            // There is no member here, so this one must be.
            asked.required.push(name);
        }
        let path = if self.path == "$" { format!("$.{name}") } else { format!("$.{}.{name}", self.path) };
        self.errors.push((path, reason.into()));
    }

    /// Notes for the document what the kind of a member leaves open. Whoever reads the member judges it.
    pub(super) fn note_limits(&mut self, name: &str, limits: impl FnOnce() -> Value) {
        let Some(member) = self.asked.as_mut().and_then(|asked| asked.properties.get_mut(name)) else {
            return;
        };
        if let (Value::Object(member), Value::Object(limits)) = (member, limits()) {
            member.extend(limits);
        }
    }

    fn note(&mut self, name: &str, kind: impl FnOnce() -> Value) {
        if let Some(asked) = &mut self.asked {
            asked.properties.insert(name.to_owned(), kind());
        }
    }

    fn schema(self) -> Value {
        let Asked { mut properties, required } = self.asked.unwrap_or_default();
        for name in &required {
            // Null is as good as missing, so it is no kind of a member that must be there.
            if let Some(kind) = properties.get_mut(*name).and_then(|member| member["type"].get(0).cloned()) {
                properties[*name]["type"] = kind;
            }
        }
        json!({ "type": "object", "properties": properties, "required": required })
    }

    /// Ends the reading: what was read, or all that was wrong, in one answer.
    fn finish<T>(mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Result<T, Failure> {
        let value = read(&mut self);
        value.filter(|_| self.errors.is_empty()).ok_or_else(|| Failure::invalid_fields(self.errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_case_and_types_are_strict() {
        let Ok(members) =
            Members::parse(br#"{"Public_Read":true,"sequenced":null,"max_age_days":"1","x":[]}"#)
        else {
            panic!("it is an object");
        };
        let read = members.finish(|members| {
            assert!(members.flag("public_read"));
            assert!(!members.flag("locked"));
            assert!(!members.flag("sequenced"));
            assert_eq!(members.number("max_age_days"), None);
            Some(())
        });
        assert!(read.is_err_and(|failure| failure.errors.len() == 2));
    }

    #[test]
    fn anything_but_an_object_is_refused() {
        for body in ["", "null", "[]", "{\"a\":1,}", "{//\n}"] {
            assert!(Members::parse(body.as_bytes()).is_err(), "{body:?}");
        }
        assert!(Members::parse(b"{\"a\":\"\xe4\"}").is_err());
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_json() {
        assert!(Members::parse(b"\xef\xbb\xbf{\"a\":1}").is_ok());
    }
}

//! The measure of what is possible: actix-web with the same routes, bodies and answers, that stores nothing.

use std::net::TcpListener;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

const JSON: &str = "application/json; charset=utf-8";

/// Serves until the process is ended; the port is the last thing on its first line.
pub fn serve(workers: usize) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    eprintln!("listening http://{}", listener.local_addr()?);
    actix_web::rt::System::new().block_on(async move {
        let list = web::Data::new(Answers::new());
        HttpServer::new(move || {
            App::new()
                .app_data(list.clone())
                .service(web::resource("/hook").route(web::post().to(hook)))
                .service(
                    web::resource("/api/v1/channel/{channel}")
                        .route(web::post().to(write))
                        .route(web::get().to(read))
                        .route(web::head().to(head)),
                )
                .service(
                    web::resource("/api/v1/account/{account}/channel/list").route(web::get().to(channels)),
                )
                .service(
                    web::resource("/api/v1/account/{account}/channel/{channel}")
                        .route(web::get().to(channel)),
                )
        })
        .workers(workers)
        .listen(listener)?
        .run()
        .await
    })
}

/// Answers of the size that peerbox gives, made once.
struct Answers {
    ten_messages: web::Bytes,
    channel: web::Bytes,
    hundred_channels: web::Bytes,
}

impl Answers {
    fn new() -> Self {
        let message = message(7, &[b'x'; 1024]);
        let channel = format!(
            "{{\"id\":\"{id}\",\"href\":\"http://127.0.0.1:5010/api/v1/channel/{id}\",\"public_read\":false,\
             \"public_write\":false,\"sequenced\":false,\"locked\":false,\"head\":0,\"retention\":{{\
             \"min_age_days\":null,\"max_age_days\":null,\"auto_prune\":false}},\"access_tokens\":[{{\"id\":\"1\",\
             \"token\":\"{id}\",\"description\":\"Owner\",\"can_read\":true,\"can_write\":true}}]}}",
            id = "x".repeat(43)
        );
        Self {
            ten_messages: format!("[{}]", vec![message; 10].join(",")).into(),
            hundred_channels: format!("{{\"channels\":[{}]}}", vec![channel.as_str(); 100].join(",")).into(),
            channel: channel.into(),
        }
    }
}

async fn write(_request: HttpRequest, body: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type(JSON).body(message(7, &body))
}

/// A webhook's receiver that takes everything.
async fn hook(_body: web::Bytes) -> HttpResponse {
    HttpResponse::NoContent().finish()
}

async fn read(answers: web::Data<Answers>) -> HttpResponse {
    HttpResponse::Ok().content_type(JSON).body(answers.ten_messages.clone())
}

async fn head() -> HttpResponse {
    HttpResponse::Ok().insert_header(("etag", "7")).finish()
}

async fn channel(answers: web::Data<Answers>) -> HttpResponse {
    HttpResponse::Ok().content_type(JSON).body(answers.channel.clone())
}

async fn channels(answers: web::Data<Answers>) -> HttpResponse {
    HttpResponse::Ok().content_type(JSON).body(answers.hundred_channels.clone())
}

fn message(sequence: i64, payload: &[u8]) -> String {
    let mut json = format!(
        "{{\"sequence\":{sequence},\"received\":\"2026-11-22T18:43:00.123Z\",\"content_type\":\"text/plain\",\"payload\":\""
    );
    base64_simd::STANDARD.encode_append(payload, &mut json);
    json.push_str("\"}");
    json
}

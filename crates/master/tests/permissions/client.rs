//! HTTPS with or without a certificate, one connection, answers as they come.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use scaleout::message::PROTOCOL_HEADER;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use transport::{Identity, client_config};

use crate::support::{ETL, TestBox};

/// A connection to the master.
pub(super) struct Connection(SendRequest<Body>);

/// What a master answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The number of a refusal by the catalog, or the name of another refusal.
    pub(super) code: String,
    pub(super) body: String,
}

impl Answer {
    /// Without the names and numbers that the caller gave itself.
    pub(super) fn shape(&self) -> (u16, &str, String) {
        let outside: Vec<&str> = self.body.split('\'').step_by(2).collect();
        let text = outside.join("?").replace(|character: char| character.is_ascii_digit(), "");
        (self.status, &self.code, text)
    }
}

/// Shows none.
#[derive(Debug)]
struct NoCertificate;

impl ResolvesClientCert for NoCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

impl Connection {
    /// Connects, showing this certificate.
    pub(super) async fn open(at: &TestBox, identity: Option<&Identity>) -> Self {
        let pins = [at.identity.thumbprint()];
        let shown = identity.unwrap_or(&at.identity);
        let mut config = (*client_config(shown, &pins).unwrap()).clone();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if identity.is_none() {
            config.client_auth_cert_resolver = Arc::new(NoCertificate);
        }
        let address = ("127.0.0.1", at.master.local_addr().port());
        let tcp = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let tls = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap();
        let (sender, running) =
            hyper::client::conn::http1::handshake(TokioIo::new(tls)).await.unwrap();
        tokio::spawn(running);
        Self(sender)
    }

    /// `METHOD path body`, as a login where one is given.
    pub(super) async fn ask(&mut self, call: &str, login: Option<&(String, String)>) -> Answer {
        self.ask_with(call, login, &[]).await
    }

    /// The same with more headers.
    pub(super) async fn ask_with(
        &mut self,
        call: &str,
        login: Option<&(String, String)>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let (method, rest) = call.split_once(' ').unwrap();
        let (path, body) = rest.split_once(' ').unwrap_or((rest, ""));
        let body = if method == "PUT" { ETL.to_vec() } else { body.as_bytes().to_vec() };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "localhost")
            .header(CONTENT_TYPE, "application/json")
            .header(PROTOCOL_HEADER, "1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((name, password)) = login {
            let encoded = STANDARD.encode(format!("{name}:{password}"));
            request = request.header(AUTHORIZATION, format!("Basic {encoded}"));
        }
        self.0.ready().await.unwrap();
        let answer = self.0.send_request(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status, code: code_of(&body), body }
    }
}

fn code_of(body: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    match json["number"].as_i64() {
        Some(number) => number.to_string(),
        None => json["error"].as_str().unwrap_or_default().to_owned(),
    }
}

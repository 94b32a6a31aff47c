//! Asks a list of servers, whichever of them answers.
//!
//! One HTTP/2 connection is kept to the server in use and carries all requests at once. When it
//! breaks, the request goes out again on a new connection, and when the server cannot be reached
//! or says that it does not serve now (503), to the next one of the list, where the client then
//! stays. So a request can arrive twice, and everything asked through here must bear that.
//!
//! Every call has a deadline that covers all of it: name lookup, connecting, all servers tried,
//! and the answer's body.

mod connection;
mod endpoint;
mod error;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use self::connection::{Proof, ReadFailure, Slot};
pub use self::endpoint::DEFAULT_PORT;
use self::endpoint::Endpoint;
pub use self::error::ClientError;
use crate::{Credentials, Pins, client_config};

/// The longest JSON answer taken. Claims with large parameter values stay far below.
const ANSWER_MAX: usize = 256 << 20;

/// The longest error body taken.
const ERROR_BODY_MAX: usize = 1 << 20;

/// A client of a list of interchangeable servers. Cloning it shares its connections.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    headers: HeaderMap,
    fit: Option<Fit>,
}

/// What a server must say of itself with every answer.
#[derive(Clone, Copy)]
struct Fit {
    header: &'static str,
    /// Says what is wrong with the header's value; `None` where there is no such header.
    check: fn(Option<&str>) -> Result<(), String>,
}

impl Fit {
    fn check(self, response: &Response<Incoming>) -> Result<(), String> {
        let value = response.headers().get(self.header).and_then(|value| value.to_str().ok());
        (self.check)(value)
    }
}

struct Shared {
    slots: Vec<Slot>,
    /// Which of the servers answered last.
    current: AtomicUsize,
    proof: Proof,
}

/// A request that can be sent as often as needed.
struct Call<'a> {
    method: Method,
    path: &'a str,
    body: Bytes,
    content_type: Option<&'static str>,
}

impl Client {
    /// A client that shows `credentials`, trusts `pins`, and tries `endpoints`
    /// (`https://host:port`) in the order given. Nothing is connected yet. Both may change later:
    /// what is asked then goes over new connections, and what is under way ends on the old ones.
    pub fn new(
        endpoints: Vec<String>,
        credentials: impl Into<Credentials>,
        pins: impl Into<Pins>,
    ) -> Result<Self, ClientError> {
        let (credentials, pins) = (credentials.into(), pins.into());
        let tls = client_config(&credentials, &pins)?;
        let slots = endpoints
            .iter()
            .map(|text| text.parse::<Endpoint>().map(Slot::new))
            .collect::<Result<Vec<_>, _>>()?;
        if slots.is_empty() {
            return Err(ClientError::NoEndpoint);
        }
        let proof = Proof { tls, credentials, pins };
        let shared = Shared { slots, current: AtomicUsize::new(0), proof };
        Ok(Self { shared: Arc::new(shared), headers: HeaderMap::new(), fit: None })
    }

    /// Sends this header with every request. Characters that a header cannot carry are sent as
    /// `?`.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let plain = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
        let value: String = value.chars().map(plain).collect();
        if let Ok(value) = HeaderValue::from_str(&value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// Sends a login's name and password with every request, as `Basic` of RFC 7617. A name has
    /// no colon.
    #[must_use]
    pub fn with_login(mut self, name: &str, password: &str) -> Self {
        let encoded = STANDARD.encode(format!("{name}:{password}"));
        if let Ok(mut value) = HeaderValue::from_str(&format!("Basic {encoded}")) {
            value.set_sensitive(true);
            self.headers.insert(AUTHORIZATION, value);
        }
        self
    }

    /// Takes answers only of servers that `check` lets pass by the value of a header, and goes on
    /// to the next one otherwise. What `check` says instead is the error's text.
    #[must_use]
    pub fn with_check(
        mut self,
        header: &'static str,
        check: fn(Option<&str>) -> Result<(), String>,
    ) -> Self {
        self.fit = Some(Fit { header, check });
        self
    }

    /// The servers' certificates that are trusted.
    pub fn pins(&self) -> &Pins {
        &self.shared.proof.pins
    }

    /// The server in use, as given in the list.
    pub fn endpoint(&self) -> String {
        self.current_slot().endpoint.to_string()
    }

    /// Sends `POST path` with `request` as JSON.
    pub async fn post_json<Req: Serialize, Resp: DeserializeOwned>(
        &self,
        path: &str,
        request: &Req,
        deadline: Duration,
    ) -> Result<Resp, ClientError> {
        let body = serde_json::to_vec(request)
            .map_err(|source| ClientError::Encode { path: path.to_owned(), source })?;
        let call = Call {
            method: Method::POST,
            path,
            body: body.into(),
            content_type: Some("application/json"),
        };
        self.json(&call, deadline).await
    }

    /// Sends `GET path`.
    pub async fn get_json<Resp: DeserializeOwned>(
        &self,
        path: &str,
        deadline: Duration,
    ) -> Result<Resp, ClientError> {
        let call = Call { method: Method::GET, path, body: Bytes::new(), content_type: None };
        self.json(&call, deadline).await
    }

    /// Sends `DELETE path`.
    pub async fn delete_json<Resp: DeserializeOwned>(
        &self,
        path: &str,
        deadline: Duration,
    ) -> Result<Resp, ClientError> {
        let call = Call { method: Method::DELETE, path, body: Bytes::new(), content_type: None };
        self.json(&call, deadline).await
    }

    /// Sends `PUT path` with bytes as they are.
    pub async fn put_bytes<Resp: DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
        deadline: Duration,
    ) -> Result<Resp, ClientError> {
        let content_type = Some("application/octet-stream");
        let call = Call { method: Method::PUT, path, body: body.into(), content_type };
        self.json(&call, deadline).await
    }

    /// Sends `POST path` with bytes as they are.
    pub async fn post_bytes<Resp: DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
        deadline: Duration,
    ) -> Result<Resp, ClientError> {
        let content_type = Some("application/octet-stream");
        let call = Call { method: Method::POST, path, body: body.into(), content_type };
        self.json(&call, deadline).await
    }

    /// Writes the body of `GET path` to `writer` as it arrives, and flushes it. Returns how many
    /// bytes there were. After an error `writer` has a part of them: start over with a new one.
    pub async fn download<W: AsyncWrite + Unpin + Send>(
        &self,
        path: &str,
        writer: &mut W,
        deadline: Duration,
    ) -> Result<u64, ClientError> {
        let call = Call { method: Method::GET, path, body: Bytes::new(), content_type: None };
        let whole = async {
            let (index, response) = self.any(&call, |response| async { Ok(response) }).await?;
            let endpoint = &self.shared.slots[index].endpoint;
            copy_body(endpoint, path, response, writer).await
        };
        self.within(path, deadline, whole).await
    }

    /// Sends a call and reads its answer as JSON.
    async fn json<Resp: DeserializeOwned>(
        &self,
        call: &Call<'_>,
        deadline: Duration,
    ) -> Result<Resp, ClientError> {
        let whole = async {
            let (index, body) = self.any(call, collect).await?;
            serde_json::from_slice(&body).map_err(|source| ClientError::Decode {
                endpoint: self.shared.slots[index].endpoint.to_string(),
                path: call.path.to_owned(),
                source,
            })
        };
        self.within(call.path, deadline, whole).await
    }

    /// Ends `whole` at the deadline. A server that let it pass is not asked first again.
    async fn within<T>(
        &self,
        path: &str,
        deadline: Duration,
        whole: impl Future<Output = Result<T, ClientError>>,
    ) -> Result<T, ClientError> {
        let before = self.shared.current.load(Ordering::Relaxed);
        if let Ok(answer) = timeout(deadline, Box::pin(whole)).await {
            return answer;
        }
        let late = self.shared.current.load(Ordering::Relaxed);
        let endpoint = self.shared.slots[late].endpoint.to_string();
        if before == late && 1 < self.shared.slots.len() {
            self.shared.leave(late);
        }
        Err(ClientError::Deadline { endpoint, path: path.to_owned(), deadline })
    }

    /// Sends `call` to the servers in turn until one answers, and reads the answer with `read`.
    async fn any<T, F, Fut>(&self, call: &Call<'_>, read: F) -> Result<(usize, T), ClientError>
    where
        F: Fn(Response<Incoming>) -> Fut,
        Fut: Future<Output = Result<T, ReadFailure>>,
    {
        let first = self.shared.current.load(Ordering::Relaxed);
        let n = self.shared.slots.len();
        let mut worst: Option<ClientError> = None;
        for index in (0..n).map(|step| (first + step) % n) {
            let answer = self.one(&self.shared.slots[index], call, &read).await;
            match answer {
                Err(error) if error.may_differ_elsewhere() => {
                    worst = Some(ClientError::more_telling(worst, error));
                }
                Ok(_) | Err(_) => {
                    self.shared.current.store(index, Ordering::Relaxed);
                    return answer.map(|answer| (index, answer));
                }
            }
        }
        Err(worst.unwrap_or(ClientError::NoEndpoint))
    }

    /// Sends `call` to one server: on the kept connection, and if that breaks on a new one.
    async fn one<T, F, Fut>(&self, slot: &Slot, call: &Call<'_>, read: &F) -> Result<T, ClientError>
    where
        F: Fn(Response<Incoming>) -> Fut,
        Fut: Future<Output = Result<T, ReadFailure>>,
    {
        loop {
            let mut connection = slot.connect(&self.shared.proof).await?;
            let response = match connection.send(self.request(slot, call)?).await {
                Ok(response) if response.status().is_success() => {
                    if let Some(Err(message)) = self.fit.map(|fit| fit.check(&response)) {
                        let endpoint = slot.endpoint.to_string();
                        return Err(ClientError::Unfit { endpoint, message });
                    }
                    Ok(response)
                }
                Ok(response) => return Err(refused(slot, response).await),
                Err(source) => Err(source),
            };
            let answer = match response {
                Ok(response) => read(response).await,
                Err(source) => Err(ReadFailure::Lost(source)),
            };
            let source = match answer {
                Ok(answer) => return Ok(answer),
                Err(ReadFailure::TooLong) => {
                    let (endpoint, path) = (slot.endpoint.to_string(), call.path.to_owned());
                    return Err(ClientError::TooLong { endpoint, path, bytes_max: ANSWER_MAX });
                }
                Err(ReadFailure::Lost(source)) => source,
            };
            slot.forget(&connection).await;
            if connection.fresh {
                let (endpoint, path) = (slot.endpoint.to_string(), call.path.to_owned());
                return Err(ClientError::Lost { endpoint, path, source });
            }
        }
    }

    fn request(&self, slot: &Slot, call: &Call<'_>) -> Result<Request<Full<Bytes>>, ClientError> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(slot.endpoint.uri(call.path))
            .body(Full::new(call.body.clone()))
            .map_err(|source| ClientError::BadPath { path: call.path.to_owned(), source })?;
        request.headers_mut().extend(self.headers.clone());
        if let Some(content_type) = call.content_type {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Ok(request)
    }

    fn current_slot(&self) -> &Slot {
        &self.shared.slots[self.shared.current.load(Ordering::Relaxed)]
    }
}

impl Shared {
    /// Goes on to the next server, unless another call has done so already.
    fn leave(&self, index: usize) {
        let next = (index + 1) % self.slots.len();
        let moved =
            self.current.compare_exchange(index, next, Ordering::Relaxed, Ordering::Relaxed);
        if moved.is_ok() {
            tracing::warn!(
                from = %self.slots[index].endpoint,
                to = %self.slots[next].endpoint,
                "no answer in time, going on to the next master"
            );
        }
    }
}

async fn collect(response: Response<Incoming>) -> Result<Bytes, ReadFailure> {
    let mut body = response.into_body();
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(ReadFailure::Lost)?;
        let Some(data) = frame.data_ref() else { continue };
        if ANSWER_MAX - whole.len() < data.len() {
            return Err(ReadFailure::TooLong);
        }
        whole.extend_from_slice(data);
    }
    Ok(whole.into())
}

/// The error that a status other than success stands for.
async fn refused(slot: &Slot, response: Response<Incoming>) -> ClientError {
    let status = response.status();
    let body = Limited::new(response.into_body(), ERROR_BODY_MAX).collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    ClientError::refused(slot.endpoint.to_string(), status, &body)
}

async fn copy_body<W: AsyncWrite + Unpin>(
    endpoint: &Endpoint,
    path: &str,
    response: Response<Incoming>,
    writer: &mut W,
) -> Result<u64, ClientError> {
    let failed = |source| ClientError::Write { path: path.to_owned(), source };
    let mut body = response.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|source| ClientError::Lost {
            endpoint: endpoint.to_string(),
            path: path.to_owned(),
            source,
        })?;
        if let Some(data) = frame.data_ref() {
            writer.write_all(data).await.map_err(failed)?;
            length += data.len() as u64;
        }
    }
    writer.flush().await.map_err(failed)?;
    Ok(length)
}

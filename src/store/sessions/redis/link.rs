//! The way to Redis: one multiplexed connection (or a cluster's), bounded in time and in waiters, and renewed by itself.
//!
//! A command is sent once. Where its answer does not come, the caller gets an error and nobody knows whether it was carried
//! out; nothing here sends it again. (A cluster's client follows redirections and a failover by itself; the scripts are
//! such that one that was carried out finds nothing to do the second time.)

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    Client, Cmd, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisError, RedisResult, ServerErrorKind,
    TlsCertificates, Value,
};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use super::RedisSetup;
use crate::observe::metrics;
use crate::store::StoreFault;

const CONNECT_TIME: Duration = Duration::from_secs(1);
/// Data that the other side does not acknowledge for so long means that it is gone, not slow.
const UNACKNOWLEDGED_TIME: Duration = Duration::from_secs(2);
/// A connection in trouble is replaced no more often than this.
const RENEW_EVERY: Duration = Duration::from_secs(1);
/// So many commands are under way at a time; with Redis hanging, the others wait for their turn and give up (`F5`).
const MAX_UNDER_WAY: usize = 1024;

/// The way to one Redis or cluster.
pub(super) struct Link {
    route: Route,
    turns: Semaphore,
    command_time: Duration,
}

enum Route {
    Server(Box<Server>),
    Cluster(ClusterConnection),
}

impl Link {
    /// Connects to the one server at the address.
    ///
    /// # Errors
    /// Where it cannot be reached or does not let us in.
    pub(super) async fn to_server(setup: &RedisSetup<'_>) -> RedisResult<Self> {
        install_tls();
        let info = connection_info(setup.address.expose())?;
        let client = match &setup.authorities {
            Some(pem) => Client::build_with_tls(info, certificates(pem))?,
            None => Client::open(info)?,
        };
        let connection = ConnectionManager::new_with_config(client.clone(), reconnection()).await?;
        let current = Mutex::new(Current { connection, since: Instant::now() });
        Ok(Self::new(Route::Server(Box::new(Server { client, current })), setup))
    }

    /// Connects to the cluster that the server at the address belongs to.
    ///
    /// # Errors
    /// As [`Link::to_server`].
    pub(super) async fn to_cluster(setup: &RedisSetup<'_>) -> RedisResult<Self> {
        install_tls();
        let url = setup.address.expose().replacen("+cluster", "", 1);
        let mut client = ClusterClient::builder([connection_info(&url)?])
            .connection_timeout(CONNECT_TIME)
            .response_timeout(setup.command_time)
            .retries(3)
            .min_retry_wait(20)
            .max_retry_wait(150)
            .tcp_settings(tcp());
        if let Some(pem) = &setup.authorities {
            client = client.certs(certificates(pem));
        }
        Ok(Self::new(Route::Cluster(client.build()?.get_async_connection().await?), setup))
    }

    fn new(route: Route, setup: &RedisSetup<'_>) -> Self {
        Self { route, turns: Semaphore::new(MAX_UNDER_WAY), command_time: setup.command_time }
    }

    /// Sends a command and gives its answer, in time or not at all.
    ///
    /// # Errors
    /// [`StoreFault::Unavailable`], with the cause.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, StoreFault> {
        self.within_time(command).await?.map_err(unavailable)
    }

    /// Runs a script on one key. The answer that the server has no such script comes before anything was done, so that the
    /// script can be sent along then.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub(super) async fn run(&self, script: &Script, key: &str, args: &[&[u8]]) -> Result<Value, StoreFault> {
        let known = Script::command("EVALSHA", script.inner.get_hash(), key, args);
        match self.within_time(&known).await? {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.send(&Script::command("EVAL", script.code, key, args)).await
            }
            answer => answer.map_err(unavailable),
        }
    }

    /// The answers of every server that holds sessions.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub(super) async fn send_to_all(&self, command: &Cmd) -> Result<Vec<Value>, StoreFault> {
        use redis::cluster_routing::{MultipleNodeRoutingInfo::AllMasters, RoutingInfo};
        let Route::Cluster(connection) = &self.route else {
            return Ok(vec![self.send(command).await?]);
        };
        let mut connection = connection.clone();
        let answer = connection.route_command(command.clone(), RoutingInfo::MultiNode((AllMasters, None)));
        match timeout(self.command_time, answer).await.map_err(|_| self.too_slow())?.map_err(unavailable)? {
            Value::Map(by_server) => Ok(by_server.into_iter().map(|(_, answer)| answer).collect()),
            single => Ok(vec![single]),
        }
    }

    async fn within_time(&self, command: &Cmd) -> Result<RedisResult<Value>, StoreFault> {
        let answer = async {
            let _turn = self.turns.acquire().await;
            match &self.route {
                Route::Server(server) => command.query_async(&mut server.connection()).await,
                Route::Cluster(connection) => command.query_async(&mut connection.clone()).await,
            }
        };
        let started = Instant::now();
        let span = tracing::info_span!("store call", otel.kind = "client", store = "redis");
        let answer = timeout(self.command_time, answer).instrument(span).await;
        metrics::store_call("redis", answer.is_ok(), started.elapsed());
        if let Route::Server(server) = &self.route
            && answer.as_ref().map_or(true, |answer| answer.as_ref().is_err_and(needs_another_connection))
        {
            server.renew();
        }
        answer.map_err(|_| self.too_slow())
    }

    fn too_slow(&self) -> StoreFault {
        StoreFault::Unavailable(format!("Redis: no answer within {} ms", self.command_time.as_millis()))
    }
}

/// A script and its name at the server.
pub(super) struct Script {
    code: &'static str,
    inner: redis::Script,
}

impl Script {
    pub(super) fn new(code: &'static str) -> Self {
        Self { code, inner: redis::Script::new(code) }
    }

    fn command(verb: &str, script: &str, key: &str, args: &[&[u8]]) -> Cmd {
        let mut command = redis::cmd(verb);
        command.arg(script).arg(1).arg(key);
        for arg in args {
            command.arg(*arg);
        }
        command
    }
}

/// One server. The library reconnects where the link breaks; what it does not see is replaced here: a server that went
/// silent, one that became a replica, one that was loading or did not know our password when we came.
struct Server {
    client: Client,
    current: Mutex<Current>,
}

struct Current {
    connection: ConnectionManager,
    since: Instant,
}

impl Server {
    fn connection(&self) -> ConnectionManager {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).connection.clone()
    }

    /// Begins anew. Commands that still wait in the old connection are given up, and those to come wait for the new one
    /// and are not sent to a server that does not answer: what was never sent burns no link.
    fn renew(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.since.elapsed() < RENEW_EVERY {
            return;
        }
        if let Ok(connection) = ConnectionManager::new_lazy_with_config(self.client.clone(), reconnection()) {
            *current = Current { connection: connection.clone(), since: Instant::now() };
            // It connects only as long as somebody waits for it.
            tokio::spawn(async move { redis::cmd("PING").exec_async(&mut connection.clone()).await });
        }
    }
}

fn needs_another_connection(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, MasterDown, ReadOnly};
    let by_kind = matches!(
        error.kind(),
        ErrorKind::AuthenticationFailed | ErrorKind::Server(BusyLoading | MasterDown | ReadOnly)
    );
    by_kind || error.is_timeout()
}

fn connection_info(url: &str) -> RedisResult<ConnectionInfo> {
    Ok(url.into_connection_info()?.set_tcp_settings(tcp()))
}

fn tcp() -> TcpSettings {
    TcpSettings::default().set_nodelay(true).set_user_timeout(UNACKNOWLEDGED_TIME)
}

/// The client panics without one; who built another client before has installed it already.
fn install_tls() {
    let _already_there = rustls::crypto::ring::default_provider().install_default();
}

fn certificates(authorities: &[u8]) -> TlsCertificates {
    TlsCertificates { client_tls: None, root_cert: Some(authorities.to_vec()) }
}

/// Answers are waited for as long as each command may take. Three attempts within half a second or a little more, then an error for who waits; the next command begins again.
fn reconnection() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT_TIME))
        .set_response_timeout(None)
        .set_min_delay(Duration::from_millis(150))
        .set_exponent_base(2.0)
        .set_number_of_retries(2)
        .set_pipeline_buffer_size(MAX_UNDER_WAY)
}

fn unavailable(error: RedisError) -> StoreFault {
    StoreFault::Unavailable(format!("Redis: {error}"))
}

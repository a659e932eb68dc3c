//! The ports: opened first of all, so that whoever calls while Luna wakes waits instead of being refused. Says plainly
//! which port is taken, and by whom where that can be seen.

use std::{io, net::SocketAddr};

use luna_model::{Error, Result};
use tokio::net::TcpListener;

use crate::config::Config;

/// The ports of a configuration, as far as they could be had.
#[derive(Debug)]
pub(crate) struct Ports {
    pub(crate) main: Option<(TcpListener, SocketAddr)>,
    pub(crate) executor: Option<(TcpListener, SocketAddr)>,
    /// Why one is missing.
    pub(crate) refused: Vec<Error>,
}

impl Ports {
    pub(crate) async fn open(config: &Config) -> Self {
        let mut refused = vec![];
        let main = Port { number: config.port, variable: "PORT or --port", way_out: "" };
        let main = listen(&config.host, main).await.map_err(|error| refused.push(error)).ok();
        let executor = match config.executor_port {
            None => None,
            Some(number) => {
                let way_out = " (0 does without it)";
                let port = Port { number, variable: "EXECUTOR_PORT or --executor-port", way_out };
                listen(&config.host, port).await.map_err(|error| refused.push(error)).ok()
            }
        };
        Self { main, executor, refused }
    }

    /// The ports, or why one of them is missing.
    pub(crate) fn all(mut self) -> Result<Self> {
        if self.refused.is_empty() { Ok(self) } else { Err(self.refused.swap_remove(0)) }
    }

    pub(crate) fn main_address(&self) -> Option<SocketAddr> {
        self.main.as_ref().map(|(_, address)| *address)
    }

    pub(crate) fn executor_address(&self) -> Option<SocketAddr> {
        self.executor.as_ref().map(|(_, address)| *address)
    }
}

/// A port by the names a user knows it by.
#[derive(Clone, Copy, Debug)]
struct Port {
    number: u16,
    /// The variable that chooses it.
    variable: &'static str,
    /// What else can be done when it is taken.
    way_out: &'static str,
}

/// Begins to listen.
async fn listen(host: &str, port: Port) -> Result<(TcpListener, SocketAddr)> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let listener =
        TcpListener::bind((bare, port.number)).await.map_err(|error| refused(bare, port, error))?;
    let address = listener.local_addr().map_err(Error::internal)?;
    Ok((listener, address))
}

fn refused(host: &str, port: Port, error: io::Error) -> Error {
    let Port { number, variable, way_out } = port;
    let message = match error.kind() {
        io::ErrorKind::AddrInUse => {
            let by = occupant(number).map_or_else(|| "another program".into(), |who| who.to_string());
            format!(
                "port {number} on {host} is taken by {by}. Stop that program, or choose another port with {variable}{way_out}."
            )
        }
        io::ErrorKind::PermissionDenied => {
            format!(
                "port {number} may not be used without special rights; choose one above 1023 with {variable}"
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("HOST is {host}, which is no address of this machine; leave it at 127.0.0.1")
        }
        _ => format!("Luna cannot listen on {host}, port {number}: {error}"),
    };
    Error::unavailable(message).because(error)
}

/// A program that listens on a port.
struct Occupant {
    name: String,
    pid: u32,
}

impl std::fmt::Display for Occupant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (process {})", self.name, self.pid)
    }
}

/// Who listens on a port, as far as `/proc` tells: other users' programs stay unseen.
#[cfg(target_os = "linux")]
fn occupant(port: u16) -> Option<Occupant> {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
    let inodes = tables.iter().flat_map(|table| table.lines()).filter_map(|line| listening_inode(line, port));
    let inodes: Vec<String> = inodes.map(|inode| format!("socket:[{inode}]")).collect();
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find_map(|pid: u32| {
        let mut open = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten();
        let held = |fd: std::fs::DirEntry| {
            let link = std::fs::read_link(fd.path()).unwrap_or_default();
            inodes.iter().any(|inode| link.as_os_str() == inode.as_str())
        };
        open.any(held).then(|| {
            let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            Occupant { name: name.trim().to_owned(), pid }
        })
    })
}

#[cfg(not(target_os = "linux"))]
fn occupant(_: u16) -> Option<Occupant> {
    None
}

/// The socket's inode, when this line of `/proc/net/tcp` is a listener on the port (proc(5): address, state 0A, inode).
#[cfg(target_os = "linux")]
fn listening_inode(line: &str, port: u16) -> Option<&str> {
    let mut fields = line.split_whitespace();
    let (_, local) = fields.nth(1)?.rsplit_once(':')?;
    let (_, state, inode) = (fields.next()?, fields.next()?, fields.nth(5)?);
    (u16::from_str_radix(local, 16).ok()? == port && state == "0A").then_some(inode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(number: u16) -> Port {
        Port { number, variable: "PORT or --port", way_out: "" }
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_who_has_it() {
        let (_held, address) = listen("127.0.0.1", port(0)).await.unwrap();
        let error = listen("127.0.0.1", port(address.port())).await.unwrap_err();
        assert!(error.message.contains(&address.port().to_string()), "{error}");
        assert!(error.message.contains("PORT or --port"), "{error}");
        if cfg!(target_os = "linux") {
            assert!(error.message.contains(&format!("process {}", std::process::id())), "{error}");
        }
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_refused_in_words() {
        let error = listen("192.0.2.1", port(0)).await.unwrap_err();
        assert!(error.message.contains("HOST"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_listeners_of_that_port_count() {
        let line = |state| {
            format!(
                "   0: 0100007F:22C3 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0"
            )
        };
        assert_eq!(listening_inode(&line("0A"), 8899), Some("4242"));
        assert_eq!(listening_inode(&line("01"), 8899), None);
        assert_eq!(listening_inode(&line("0A"), 8898), None);
    }
}

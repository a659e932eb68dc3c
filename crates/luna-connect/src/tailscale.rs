//! Tailscale by its command line, as luna-core's `Tailnet` port.

use std::time::Duration;

use async_trait::async_trait;
use luna_core::ports::{Tailnet, TailnetNode, TailnetStatus};
use luna_model::{Error, Result};
use serde_json::Value;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(10);
const PROGRAMS: [&str; 2] = ["tailscale", "/Applications/Tailscale.app/Contents/MacOS/Tailscale"];

/// Tailscale.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tailscale;

impl Tailscale {
    /// What the program writes; none when it is not there.
    async fn ask(self, arguments: &[&str]) -> Option<Result<String>> {
        for program in PROGRAMS {
            let run = Command::new(program).args(arguments).kill_on_drop(true).output();
            match tokio::time::timeout(PATIENCE, run).await {
                Ok(Ok(output)) if output.status.success() => {
                    return Some(Ok(String::from_utf8_lossy(&output.stdout).into_owned()));
                }
                Ok(Ok(output)) => {
                    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                    return Some(Err(Error::unavailable(format!("Tailscale: {said}"))));
                }
                Ok(Err(_)) => {}
                Err(_) => return Some(Err(Error::unavailable("Tailscale does not answer"))),
            }
        }
        None
    }

    async fn json(self, arguments: &[&str]) -> Option<Value> {
        serde_json::from_str(&self.ask(arguments).await?.ok()?).ok()
    }
}

#[async_trait]
impl Tailnet for Tailscale {
    async fn status(&self) -> TailnetStatus {
        let Some(version) = self.ask(&["version"]).await else { return TailnetStatus::default() };
        let version = version.ok().and_then(|v| v.lines().next().map(|l| l.trim().to_owned()));
        let told = self.json(&["status", "--json"]).await.unwrap_or_default();
        let serve = self.json(&["serve", "status", "--json"]).await.unwrap_or_default();
        TailnetStatus { installed: true, version, ..read(&told, &serve) }
    }

    async fn nodes(&self) -> Vec<TailnetNode> {
        let told = self.json(&["status", "--json"]).await.unwrap_or_default();
        nodes(&told)
    }

    async fn serve(&self, port: u16, on: bool) -> Result<()> {
        let target = format!("http://127.0.0.1:{port}");
        let arguments: &[&str] =
            if on { &["serve", "--bg", &target] } else { &["serve", "--https=443", "off"] };
        match self.ask(arguments).await {
            Some(done) => done.map(drop),
            None => Err(Error::unavailable(
                "Tailscale is not installed; get it from https://tailscale.com/download",
            )),
        }
    }
}

fn read(told: &Value, serve: &Value) -> TailnetStatus {
    let me = &told["Self"];
    let text =
        |value: &Value| value.as_str().filter(|t| !t.is_empty()).map(|t| t.trim_end_matches('.').to_owned());
    let (ipv4, ipv6) = addresses(&me["TailscaleIPs"]);
    let shown = serve["Web"].as_object().and_then(|web| web.keys().next());
    TailnetStatus {
        installed: true,
        running: told["BackendState"] == "Running",
        version: None,
        hostname: text(&me["HostName"]),
        domain: text(&told["MagicDNSSuffix"]),
        name: text(&told["CurrentTailnet"]["Name"]),
        ipv4,
        ipv6,
        online: me["Online"].as_bool().unwrap_or_default(),
        serving: shown.map(|host| format!("https://{}", host.trim_end_matches(":443"))),
    }
}

fn nodes(told: &Value) -> Vec<TailnetNode> {
    let peers = told["Peer"].as_object().into_iter().flat_map(|peers| peers.values());
    let node = |peer: &Value| {
        let text = |name: &str| peer[name].as_str().unwrap_or_default().to_owned();
        let (ipv4, ipv6) = addresses(&peer["TailscaleIPs"]);
        TailnetNode {
            id: text("ID"),
            hostname: text("HostName"),
            dns_name: text("DNSName").trim_end_matches('.').to_owned(),
            os: text("OS"),
            online: peer["Online"].as_bool().unwrap_or_default(),
            ipv4,
            ipv6,
            last_seen: peer["LastSeen"].as_str().filter(|t| !t.starts_with("0001")).map(str::to_owned),
        }
    };
    peers.map(node).collect()
}

fn addresses(told: &Value) -> (Option<String>, Option<String>) {
    let all: Vec<_> = told.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let find = |v6: bool| all.iter().find(|a| a.contains(':') == v6).map(|a| (*a).to_owned());
    (find(false), find(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_program_says_is_read() {
        let told = json!({
            "BackendState": "Running", "MagicDNSSuffix": "tail1.ts.net", "CurrentTailnet": {"Name": "ada@example.com"},
            "Self": {"HostName": "desk", "Online": true, "TailscaleIPs": ["100.64.0.1", "fd7a::1"]},
            "Peer": {"k": {"ID": "n2", "HostName": "phone", "DNSName": "phone.tail1.ts.net.", "OS": "iOS", "Online": false,
                           "TailscaleIPs": ["100.64.0.2"], "LastSeen": "0001-01-01T00:00:00Z"}},
        });
        let serve = json!({"Web": {"desk.tail1.ts.net:443": {}}});
        let status = read(&told, &serve);
        assert!(status.running && status.online && status.ipv6.as_deref() == Some("fd7a::1"));
        assert_eq!(status.serving.as_deref(), Some("https://desk.tail1.ts.net"));
        let nodes = nodes(&told);
        assert_eq!((nodes[0].dns_name.as_str(), nodes[0].last_seen.as_deref()), ("phone.tail1.ts.net", None));
        assert!(!read(&json!({"BackendState": "NeedsLogin"}), &Value::Null).running);
    }
}

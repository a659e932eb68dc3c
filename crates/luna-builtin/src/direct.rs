//! What is answered without a tool: times, dates, sums, what Luna can do.

use serde_json::Value;

use crate::{
    answer::Session,
    calculate,
    grammar::{Ask, Direct},
    pronouns::{sentence, to_you},
};

impl Session<'_> {
    pub(crate) fn direct(&self, direct: Direct, ask: &Ask<'_>) -> String {
        let slot = |name: &str| ask.slots.get(name).and_then(Value::as_str);
        let Some(now) = self.now() else {
            return match direct {
                Direct::Calculate => calculated(slot("expr")),
                Direct::Convert => converted(slot("amount"), slot("unit")),
                Direct::Help => self.help(),
                Direct::SelfStatement => noted(self.text),
                _ => "I was not told what time it is.".to_owned(),
            };
        };
        let day = || {
            ask.slots
                .get("when")
                .and_then(|w| w.get("from"))
                .and_then(Value::as_str)
                .and_then(|from| from.parse::<jiff::Timestamp>().ok())
        };
        match direct {
            Direct::Time => format!("It is {}.", now.strftime("%H:%M")),
            Direct::Date => format!("Today is {}.", now.strftime("%A, %-d %B %Y")),
            Direct::TimeIn => match slot("place").and_then(|place| Some((place, calculate::zone_of(place)?)))
            {
                Some((place, zone)) => {
                    let there = now.with_time_zone(zone);
                    let day = if there.date() == now.date() {
                        String::new()
                    } else {
                        format!(" on {}", there.strftime("%A"))
                    };
                    format!("In {} it is {}{day}.", title(place), there.strftime("%H:%M"))
                }
                None => "I don't know that place's time zone.".to_owned(),
            },
            Direct::DateOf => day().map_or_else(
                || "I don't know that day.".to_owned(),
                |at| format!("That is {}.", at.to_zoned(now.time_zone().clone()).strftime("%A, %-d %B %Y")),
            ),
            Direct::DaysUntil => day().map_or_else(
                || "I don't know that day.".to_owned(),
                |at| {
                    let day = at.to_zoned(now.time_zone().clone());
                    let days = now.date().until(day.date()).map_or(0, |span| span.get_days());
                    let date = day.strftime("%A, %-d %B %Y");
                    match days {
                        0 => "That is today.".to_owned(),
                        1 => format!("One day: it is tomorrow, {date}."),
                        days if days < 0 => format!("That was {} days ago, {date}.", -days),
                        days => format!("{days} days, until {date}."),
                    }
                },
            ),
            Direct::Calculate => calculated(slot("expr")),
            Direct::Convert => converted(slot("amount"), slot("unit")),
            Direct::Help => self.help(),
            Direct::SelfStatement => noted(self.text),
        }
    }
}

fn calculated(expression: Option<&str>) -> String {
    let result = expression.and_then(|expression| Some((expression, calculate::evaluate(expression)?)));
    result.map_or_else(
        || "I can't work that out.".to_owned(),
        |(expression, result)| format!("{expression} = {result}"),
    )
}

fn converted(amount: Option<&str>, unit: Option<&str>) -> String {
    let Some((amount, unit)) = amount.zip(unit) else { return "I can't convert that.".to_owned() };
    let words = crate::words::read(&format!("{amount} in {unit}"));
    if calculate::unit(unit).is_some() && calculate::is_expression(&words) {
        return calculated(Some(&calculate::as_written(&words)));
    }
    format!("I can't convert {amount} to {unit}.")
}

/// Says back what the user said of themselves. Whether it is kept is not decided here.
fn noted(text: &str) -> String {
    format!("Noted. {}", sentence(&to_you(text)))
}

fn title(place: &str) -> String {
    place.split(' ').map(|word| sentence(word).trim_end_matches('.').to_owned()).collect::<Vec<_>>().join(" ")
}

//! Estimated times in words ("1-3 minutes"), added up for a plan of several parts.

/// The sum of these times; none without any. A time that is no number ("until stopped") stands for the whole.
pub(super) fn sum<'a>(times: impl Iterator<Item = &'a str>) -> Option<String> {
    let times: Vec<&str> = times.collect();
    let seconds: Option<Vec<_>> = times.iter().map(|time| seconds(time)).collect();
    let Some(seconds) = seconds else {
        return times.into_iter().find(|time| self::seconds(time).is_none()).map(str::to_owned);
    };
    let (least, most) = seconds.iter().fold((0, 0), |(a, b), (least, most)| (a + least, b + most));
    (!seconds.is_empty()).then(|| in_words(least, most))
}

/// The least and the most seconds of "5 seconds", "1-3 minutes".
fn seconds(time: &str) -> Option<(u32, u32)> {
    let (numbers, unit) = time.split_once(' ')?;
    let unit = match unit.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        _ => return None,
    };
    let (least, most) = numbers.split_once('-').unwrap_or((numbers, numbers));
    Some((least.parse::<u32>().ok()? * unit, most.parse::<u32>().ok()? * unit))
}

fn in_words(least: u32, most: u32) -> String {
    let (unit, name) = if most < 100 { (1, "second") } else { (60, "minute") };
    let (least, most) = (least.div_ceil(unit).max(1), most.div_ceil(unit));
    match (least == most, most) {
        (true, 1) => format!("1 {name}"),
        (true, _) => format!("{most} {name}s"),
        (false, _) => format!("{least}-{most} {name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_add_up() {
        let cases: [(&[&str], Option<&str>); 6] = [
            (&[], None),
            (&["1 second"], Some("1 second")),
            (&["1 second", "5 seconds"], Some("6 seconds")),
            (&["1-3 minutes", "10 seconds"], Some("2-4 minutes")),
            (&["30 seconds", "1 minute"], Some("90 seconds")),
            (&["1 second", "until stopped"], Some("until stopped")),
        ];
        for (times, wanted) in cases {
            assert_eq!(sum(times.iter().copied()).as_deref(), wanted, "{times:?}");
        }
    }
}

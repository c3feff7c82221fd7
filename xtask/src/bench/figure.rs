//! One figure, as the programs print it and as people and programs read it.

/// What was measured, beside what it is compared with.
#[derive(Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) name: String,
    ours: f64,
    reference: f64,
    unit: String,
    bound: Bound,
}

/// What the ratio of ours to the reference has to keep.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    None,
    AtLeast(f64),
    AtMost(f64),
}

impl Figure {
    pub(super) const HEAD: &str =
        "name                                         ours    reference   ratio  unit";

    /// Reads `name ours reference unit bound`, separated by tabs.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, ours, reference, unit, bound] = fields[..] else { return None };
        Some(Self {
            name: name.to_owned(),
            ours: ours.parse().ok()?,
            reference: reference.parse().ok()?,
            unit: unit.to_owned(),
            bound: Bound::parse(bound)?,
        })
    }

    fn ratio(&self) -> f64 {
        self.ours / self.reference
    }

    /// Says which bound is broken, if one is.
    pub(super) fn broken(&self) -> Option<&'static str> {
        let ratio = self.ratio();
        // A ratio that is no number keeps neither.
        let (kept, broken) = match self.bound {
            Bound::None => (true, ""),
            Bound::AtLeast(least) => (ratio >= least, "BELOW"),
            Bound::AtMost(most) => (ratio <= most, "ABOVE"),
        };
        (!kept).then_some(broken)
    }

    pub(super) fn to_text(&self) -> String {
        let Self { name, ours, reference, unit, bound } = self;
        let bound = match bound {
            Bound::None => String::new(),
            Bound::AtLeast(ratio) => format!("  (at least {ratio:.2})"),
            Bound::AtMost(ratio) => format!("  (at most {ratio:.2})"),
        };
        let broken = self.broken().map_or_else(String::new, |broken| format!(" {broken}"));
        let ratio = self.ratio();
        format!("{name:<38} {ours:>10.1} {reference:>12.1} {ratio:>7.2}  {unit}{bound}{broken}")
    }

    pub(super) fn to_json(&self) -> String {
        let Self { name, ours, reference, unit, bound } = self;
        // Names and units are words of our own programs: `{:?}` quotes them as JSON does. A ratio
        // to nothing is no number that JSON has.
        let ratio = Some(self.ratio()).filter(|ratio| ratio.is_finite());
        let ratio = ratio.map_or_else(|| "null".to_owned(), |ratio| format!("{ratio:.3}"));
        let (at_least, at_most) = match bound {
            Bound::None => ("null".to_owned(), "null".to_owned()),
            Bound::AtLeast(ratio) => (ratio.to_string(), "null".to_owned()),
            Bound::AtMost(ratio) => ("null".to_owned(), ratio.to_string()),
        };
        format!(
            "{{\"name\":{name:?},\"ours\":{ours:.3},\"reference\":{reference:.3},\
             \"ratio\":{ratio},\"unit\":{unit:?},\"at_least\":{at_least},\"at_most\":{at_most},\
             \"kept\":{}}}",
            self.broken().is_none()
        )
    }
}

impl Bound {
    /// `peer` binds nothing, and `bound` says that the reference itself is what must not be exceeded.
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            None if text == "peer" => Some(Self::None),
            None if text == "bound" => Some(Self::AtMost(1.0)),
            Some(("at-least", ratio)) => ratio.parse().ok().map(Self::AtLeast),
            Some(("at-most", ratio)) => ratio.parse().ok().map(Self::AtMost),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_text_and_json() {
        let figure = Figure::parse("added\t250.0\t300.0\tns\tbound").expect("is a figure");
        assert!(figure.to_text().ends_with("0.83  ns  (at most 1.00)"), "{}", figure.to_text());
        assert_eq!(
            figure.to_json(),
            r#"{"name":"added","ours":250.000,"reference":300.000,"ratio":0.833,"unit":"ns","at_least":null,"at_most":1,"kept":true}"#
        );
        let nothing = Figure::parse("none\t1\t0\tns\tpeer").expect("is a figure");
        assert!(nothing.to_json().contains("\"ratio\":null"));
        let rate = Figure::parse("rate\t80\t100\t1/s\tat-least 0.9").expect("is a figure");
        assert!(rate.to_text().ends_with("0.80  1/s  (at least 0.90) BELOW"), "{}", rate.to_text());
        assert!(rate.to_json().ends_with(r#""at_least":0.9,"at_most":null,"kept":false}"#));
    }

    #[test]
    fn only_a_bound_can_be_broken() {
        let broken = |ours: &str, bound: &str| {
            Figure::parse(&format!("a\t{ours}\t2\tns\t{bound}")).map(|figure| figure.broken())
        };
        assert_eq!(broken("3", "bound"), Some(Some("ABOVE")));
        assert_eq!(broken("2", "bound"), Some(None));
        assert_eq!(broken("3", "peer"), Some(None));
        assert_eq!(broken("3", "at-most 1.5"), Some(None));
        assert_eq!(broken("3.1", "at-most 1.5"), Some(Some("ABOVE")));
        assert_eq!(broken("1.8", "at-least 0.9"), Some(None));
        assert_eq!(broken("1.7", "at-least 0.9"), Some(Some("BELOW")));
        assert_eq!(broken("NaN", "at-least 0.9"), Some(Some("BELOW")));
        for odd in ["else", "at-least", "at-least much", "peer 1"] {
            assert_eq!(broken("1", odd), None, "{odd}");
        }
        assert_eq!(Figure::parse("Compiling…"), None);
    }
}
